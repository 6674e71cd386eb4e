#include <iterator>

#include <gtest/gtest.h>

#include "codec/sse.h"
#include "core/cursor.h"
#include "dialect/feed_stream.h"
#include "dialect/ticket_json.h"
#include "runtime/data_directory.h"
#include "sim/sim_disk.h"
#include "storage/file_journal.h"
#include "tests/golden/golden_file.h"
#include "tests/golden/golden_tickets.h"

namespace signalbox {
namespace {

constexpr uint64_t history = 0x00f3a1b2c3d4e5f6;
const std::string segment_name = "journal/00000000000000000001.journal";

class NeverExecutor : public Executor {
public:
    void post(std::function<void()> /*work*/) override {}
};

class GoldenJournal : public testing::Test {
protected:
    GoldenJournal() : random_(1), disk_(random_) {}

    std::unique_ptr<FileJournal> open() {
        FileJournalOptions options;
        options.directory = "journal";
        options.history = history;
        options.segment_bytes = segment_header_bytes + 256;
        options.seed = 42;
        auto journal = FileJournal::open(disk_, executor_, options);
        EXPECT_TRUE(journal) << journal.error().message;
        return std::move(*journal);
    }

    static void fill(BatchWriter& batch, Revision first) {
        batch.reset(first);
        batch.begin();
        batch.put("key", "value of " + std::to_string(first.value));
        batch.erase("other key");
        batch.end();
        batch.begin();
        batch.erase_range("from", "to");
        batch.end();
    }

    Random random_;
    SimDisk disk_;
    NeverExecutor executor_;
};

TEST_F(GoldenJournal, is_written_as_ever) {
    for (int opening = 0; opening < 2; ++opening) {
        const auto journal = open();
        BatchWriter batch;
        fill(batch, journal->last_revision().next());
        ASSERT_TRUE(journal->append(journal->owner(), batch.view()));
    }
    expect_golden("journal-segment.txt", hex_dump(*read_file(disk_, segment_name)));
}

TEST_F(GoldenJournal, is_read_as_ever) {
    ASSERT_TRUE(disk_.make_directory("journal"));
    {
        const auto file = std::move(*disk_.create(segment_name));
        ASSERT_TRUE(file->write_at(0, from_hex_dump(read_golden("journal-segment.txt"))));
    }
    const auto journal = open();
    EXPECT_EQ(journal->last_revision(), Revision(4));
    EXPECT_EQ(journal->owner(), OwnerEpoch(3));
    std::vector<std::string> batches;
    ASSERT_TRUE(journal->read(Revision(), [&](const BatchView& read) -> Result<void> {
        batches.emplace_back(read.bytes);
        return {};
    }));
    std::vector<std::string> expected;
    for (const uint64_t first : {1u, 3u}) {
        BatchWriter batch;
        fill(batch, Revision(first));
        expected.emplace_back(batch.view().bytes);
    }
    EXPECT_EQ(batches, expected);
}

TEST(GoldenMeta, is_written_and_read_as_ever) {
    Random random(7);
    SimDisk disk(random);
    const auto made = DataDirectory::open(disk, 3, random);
    ASSERT_TRUE(made);
    expect_golden("META", *read_file(disk, "META"));

    SimDisk other(random);
    ASSERT_TRUE(write_file_atomically(other, "", "META", read_golden("META")));
    const auto read = DataDirectory::open(other, 3, random);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->history, made->history);
    EXPECT_EQ(read->node, made->node);
    EXPECT_EQ(read->partitions, 3u);
    EXPECT_FALSE(DataDirectory::open(other, 2, random));
}

TEST(GoldenCursor, is_written_and_read_as_ever) {
    const FeedPosition positions[] = {
        {Revision(1234), 0}, {Revision(1234), 7}, end_of(Revision(0))};
    std::string text;
    for (const auto& position : positions) text += Cursor{history, position}.text() + '\n';
    expect_golden("cursors.txt", text);

    std::string_view rest = text;
    for (const auto& position : positions) {
        const auto read = Cursor::parse(rest.substr(0, rest.find('\n')));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->position, position);
        EXPECT_EQ(read->history, history);
        rest.remove_prefix(rest.find('\n') + 1);
    }
}

TEST(GoldenStream, shows_an_event_as_ever) {
    GoldenTickets tickets;
    const auto rows = tickets.rows();
    // A ticket created and granted at once.
    const auto& [key, value] = *std::next(rows.at(Table::event).begin());
    const auto events = decode_events(key, value);
    ASSERT_TRUE(events);
    std::string text;
    for (const auto& event : *events) {
        const auto cursor = Cursor{history, event.position}.text();
        append_sse_event(text, cursor, event.type, cloud_event(event, cursor, "node-1"));
    }
    expect_golden("event-stream.txt", text);
}

// One line of JSON for each ticket of the sample.
template <class Write>
std::string tickets_as_json(const Write& write) {
    GoldenTickets tickets;
    std::string text;
    for (const auto& uuid : {tickets.plain, tickets.full, tickets.finished, tickets.expired}) {
        JsonWriter json(text);
        write(json, tickets.driver.must(GetTicket{uuid}));
        text += '\n';
    }
    return text;
}

TEST(GoldenTicket, is_shown_to_cnapi_clients_as_ever) {
    expect_golden("tickets-triton.json", tickets_as_json(write_triton_ticket));
}

TEST(GoldenTicket, is_shown_in_our_own_dialect_as_ever) {
    expect_golden("tickets-native.json", tickets_as_json(write_ticket));
}

}  // namespace
}  // namespace signalbox
