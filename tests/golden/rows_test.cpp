#include <gtest/gtest.h>

#include "base/bytes.h"
#include "core/feed.h"
#include "core/tenants.h"
#include "tests/golden/golden_rows.h"
#include "tests/golden/golden_tickets.h"

namespace signalbox {
namespace {

struct TableFile {
    Table table;
    const char* name;
};

constexpr TableFile table_files[] = {
    {Table::tenant, "tenant"},
    {Table::counter, "counter"},
    {Table::ticket_live, "ticket_live"},
    {Table::ticket_ended, "ticket_ended"},
    {Table::ticket_elsewhere, "ticket_elsewhere"},
    {Table::ticket_by_uuid, "ticket_by_uuid"},
    {Table::ticket_ended_at, "ticket_ended_at"},
    {Table::ticket_history, "ticket_history"},
    {Table::line_settings, "line_settings"},
    {Table::session, "session"},
    {Table::idempotency, "idempotency"},
    {Table::idempotency_age, "idempotency_age"},
    {Table::registry_index, "sessions_index"},
    {Table::event, "event"},
    {Table::event_mark, "event_mark"},
};

std::string file_of(const TableFile& table) {
    return std::string("rows-") + table.name + ".txt";
}

class GoldenRows : public testing::TestWithParam<TableFile> {};

TEST_P(GoldenRows, are_written_as_ever) {
    GoldenTickets tickets;
    const auto rows = tickets.rows();
    ASSERT_TRUE(rows.contains(GetParam().table));
    expect_golden(file_of(GetParam()), dump_rows(rows.at(GetParam().table)));
}

INSTANTIATE_TEST_SUITE_P(Tables, GoldenRows, testing::ValuesIn(table_files),
                         [](const auto& table) { return std::string(table.param.name); });

TEST(GoldenRows, are_there_for_every_table_that_the_engine_writes) {
    GoldenTickets tickets;
    EXPECT_EQ(tickets.rows().size(), std::size(table_files));
}

// An engine that finds the checked-in rows in its store, whoever wrote them.
class OldRows : public testing::Test {
protected:
    void SetUp() override {
        if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
        std::vector<std::string> files;
        for (const auto& table : table_files) files.push_back(file_of(table));
        put_golden_rows(driver_, files);
        driver_.clock().advance(Duration(5500));
        driver_.restart();
    }

    TicketHistory history_of(const Uuid& uuid) { return driver_.must(GetTicketHistory{uuid}); }

    const GoldenTickets same_;  // for its ids
    EngineDriver driver_;
};

TEST_F(OldRows, give_back_a_plain_ticket) {
    const auto view = driver_.must(GetTicket{same_.plain});
    EXPECT_EQ(view.record.status, TicketStatus::active);
    EXPECT_EQ(view.record.token, FencingToken(1));
    EXPECT_EQ(view.record.line->resource, golden_resource(1, "vm", "100"));
    EXPECT_EQ(format_instant(view.record.expires_at), "2026-01-01T01:00:00.000Z");
    EXPECT_EQ(view.record.details->fields().expires_text, "2026-01-01T03:00:00+02:00");
    EXPECT_EQ(format_instant(view.record.created_at), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(format_instant(view.record.granted_at), "2026-01-01T00:00:00.000Z");
}

TEST_F(OldRows, give_back_every_field_of_a_ticket) {
    const auto view = driver_.must(GetTicket{same_.full});
    EXPECT_EQ(view.record.status, TicketStatus::queued);
    EXPECT_EQ(view.record.mode, TicketMode::shared);
    EXPECT_TRUE(view.record.barge);
    ASSERT_TRUE(view.place);
    EXPECT_EQ(view.place->position, 1u);
    const auto fields = view.record.details->fields();
    EXPECT_EQ(fields.action, "provision");
    EXPECT_EQ(fields.extra, R"({"owner_uuid":"é","retries":3})");
    EXPECT_EQ(fields.reqid, "req-1");
    EXPECT_EQ(fields.owner, "workflow-7");
    EXPECT_EQ(fields.priority, -5);
    EXPECT_EQ(fields.ttl, std::chrono::minutes(10));
    EXPECT_EQ(fields.hold_max, std::chrono::hours(1));
    EXPECT_EQ(fields.session, same_.session);
    EXPECT_EQ(fields.slots, 1u);
    EXPECT_EQ(fields.more_resources, (std::vector<Resource>{golden_resource(2, "vm", "200"),
                                                            golden_resource(1, "nic", "")}));
}

TEST_F(OldRows, give_back_how_tickets_ended) {
    const auto finished = driver_.must(GetTicket{same_.finished});
    EXPECT_EQ(finished.record.status, TicketStatus::finished);
    EXPECT_EQ(finished.reason, "stuck");
    EXPECT_EQ(driver_.must(GetTicket{same_.expired}).record.status, TicketStatus::expired);
    EXPECT_FALSE(*driver_.ask(GetTicket{same_.deleted}));
    EXPECT_EQ(history_of(same_.deleted).ticket.record.status, TicketStatus::deleted);
}

TEST_F(OldRows, give_back_a_history) {
    const auto transitions = history_of(same_.finished).transitions;
    ASSERT_EQ(transitions.size(), 3u);
    EXPECT_EQ(transitions[0].type, "created");
    EXPECT_EQ(transitions[1].type, "granted");
    EXPECT_EQ(transitions[1].token, FencingToken(2));
    EXPECT_EQ(transitions[2].reason, "stuck");
    EXPECT_EQ(transitions[2].by, "test");
    EXPECT_EQ(format_instant(transitions[2].at), "2026-01-01T00:00:03.500Z");
    EXPECT_GT(transitions[2].position, transitions[1].position);
}

TEST_F(OldRows, give_back_a_session_and_its_tickets) {
    const auto view = driver_.must(GetSession{same_.session});
    EXPECT_EQ(view.name, "worker-1");
    EXPECT_EQ(view.ttl, std::chrono::seconds(30));
    EXPECT_EQ(view.grace, std::chrono::seconds(5));
    EXPECT_EQ(view.tickets, 1u);
    EXPECT_EQ(format_instant(view.created_at), "2026-01-01T00:00:00.000Z");
}

TEST_F(OldRows, give_back_the_settings_of_a_line) {
    const auto view = driver_.must(GetLine{golden_resource(2, std::string("s\0é", 4), "id")});
    EXPECT_EQ(view.slots, 300u);
    EXPECT_TRUE(view.paused);
    EXPECT_TRUE(view.draining);
    EXPECT_EQ(view.reason, "maintenance");
}

TEST_F(OldRows, still_know_what_an_idempotency_key_stands_for) {
    CreateTicket again;
    again.resource = golden_resource(1, "vm", "100");
    again.idempotency_key = "key-1";
    again.request_digest = 0x0102030405060708;
    const auto created = driver_.must(again);
    EXPECT_TRUE(created.replayed);
    EXPECT_EQ(created.ticket.record.uuid, same_.full);
    again.request_digest = 1;
    EXPECT_EQ(driver_.ask(again)->error().code, ErrorCode::key_reused);
}

TEST_F(OldRows, let_numbers_go_on_where_they_were) {
    CreateTicket next;
    next.resource = golden_resource(0, "image", "c");
    const auto created = driver_.must(next).ticket.record;
    EXPECT_EQ(created.sequence, TicketSequence(6));
    EXPECT_EQ(created.token, FencingToken(5));
    EXPECT_EQ(driver_.engine().statistics().tickets.ended_kept, 3u);
}

TEST_F(OldRows, give_back_the_feed) {
    const auto snapshot = driver_.store().snapshot();
    const auto tenant = find_tenant(*snapshot, "tenant");
    ASSERT_TRUE(tenant);
    EXPECT_EQ(*FeedReader::floor(*snapshot), Revision(1));
    FeedReader reader(snapshot, *tenant, {make_topic("tickets")}, {});
    const auto page = reader.next(100);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->at_end);
    std::vector<std::string> types;
    for (const auto& event : page->events) types.push_back(event.type);
    EXPECT_EQ(types, (std::vector<std::string>{
                         "ticket.created", "ticket.granted",                           // plain
                         "ticket.created",                                             // full
                         "ticket.created", "ticket.granted", "ticket.force_released",  // finished
                         "ticket.created", "ticket.granted", "ticket.expired",         // expired
                         "ticket.created", "ticket.granted", "ticket.deleted", "line.changed"}));
    EXPECT_EQ(page->events[0].subject, same_.plain.text());
}

TEST(HexDump, is_read_back) {
    std::string bytes = "some text, and then zeros";
    bytes.resize(100, '\0');
    bytes += "the end";
    EXPECT_EQ(from_hex_dump(hex_dump(bytes)), bytes);
    EXPECT_EQ(from_hex_dump(hex_dump("")), "");
    EXPECT_EQ(from_hex_dump(hex_dump(std::string(32, 'x'))), std::string(32, 'x'));
    const MemoryStore::Rows rows{{"a", ""}, {"b", bytes}};
    EXPECT_EQ(from_dump_of_rows(dump_rows(rows)), rows);
}

}  // namespace
}  // namespace signalbox
