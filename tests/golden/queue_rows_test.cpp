#include <gtest/gtest.h>

#include "tests/golden/golden_rows.h"

// The rows of queues, messages, claims and readers.

namespace signalbox {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const QueueName jobs{QueueKind::queue, "jobs"};
const QueueName graves{QueueKind::queue, "graves"};
const QueueName news{QueueKind::topic, "news"};
const QueueName sealed{QueueKind::queue, "sealed"};

struct TableFile {
    Table table;
    const char* name;
};

constexpr TableFile table_files[] = {
    {Table::queue, "queue"},
    {Table::queue_by_number, "queue_by_number"},
    {Table::queue_counters, "queue_counters"},
    {Table::message, "message"},
    {Table::message_expiry, "message_expiry"},
    {Table::message_delay, "message_delay"},
    {Table::message_moved, "message_moved"},
    {Table::claim, "claim"},
    {Table::queue_cursor, "queue_cursor"},
    {Table::tenant_usage, "tenant_usage"},
    // Of other formats, but an engine needs them to go on.
    {Table::tenant, "queues_tenant"},
    {Table::counter, "queues_counter"},
    {Table::idempotency, "queues_idempotency"},
    {Table::idempotency_age, "queues_idempotency_age"},
};

std::string file_of(const TableFile& table) {
    return std::string("rows-") + table.name + ".txt";
}

NewMessage message_of(std::string body) {
    NewMessage message;
    message.body = std::move(body);
    return message;
}

CreateQueue full_queue() {
    CreateQueue create{jobs, {}, R"({"owner":"é"})"};
    auto& settings = create.settings;
    settings.post_bytes_max = 1000;
    settings.ttl = minutes(30);
    settings.delay = Duration(0);
    settings.dead_letter_queue = "graves";
    settings.dead_letter_ttl = minutes(90);
    settings.claims_max = 1;
    settings.encrypt = false;
    settings.flavor = "fast";
    settings.retry_policy = R"({"maximum_delay":30})";
    settings.messages_max = 300;
    settings.bytes_max = 100'000;
    settings.dedup_window = minutes(5);
    return create;
}

// The life of a few queues, always the same, that leaves a row of every kind behind.
class GoldenQueues {
public:
    GoldenQueues() {
        driver.must(full_queue());
        driver.must(CreateQueue{news, {}, "{}"});
        // It fails once, and moves with the next claim.
        dead = post({message_of(R"("dead")")}).front();
        driver.must(ReleaseClaim{jobs, *claim(1).claim, {}, true, {}});

        auto full = message_of(R"({"a":[1,2]})");
        full.ttl = seconds(70);  // less than the one before it has
        full.group = "group";
        full.priority = 3;
        full.dedup = "same";
        auto later = message_of("null");
        later.deliver_at = driver.clock().now().wall + minutes(20);
        posted = post({full, message_of("1"), message_of("2"), later});
        driver.advance(Duration(1500));
        held = *claim(2).claim;  // `full`, and the first plain one
        driver.must(SetQueueCursor{jobs, "reader", 3, std::nullopt});

        CreateQueue encrypted{sealed, {}, "{}"};
        encrypted.settings.encrypt = true;
        driver.must(encrypted);
        secret = post({message_of(R"("secret")")}, sealed).front();
    }

    std::vector<MessageId> post(std::vector<NewMessage> messages, const QueueName& to = jobs) {
        PostMessages command;
        command.queue = to;
        command.messages = std::move(messages);
        command.client = std::string("\x01\x02\x00\xff", 4);
        command.idempotency_key = "key-" + std::to_string(++keys_);
        command.idempotency_digest = 0x0102030405060708;
        return driver.must(command).ids;
    }
    MessagesClaimed claim(size_t limit) {
        ClaimMessages command;
        command.queue = jobs;
        command.limit = limit;
        command.ttl = seconds(60);
        command.grace = seconds(30);
        return driver.must(command);
    }
    std::map<Table, MemoryStore::Rows> rows() {
        std::map<Table, MemoryStore::Rows> by_table;
        for (auto& [key, value] : driver.store().rows()) {
            by_table[static_cast<Table>(key.front())].emplace(key, value);
        }
        return by_table;
    }

    EngineDriver driver;
    MessageId dead;
    std::vector<MessageId> posted;
    MessageId secret;
    ClaimId held;

private:
    int keys_ = 0;
};

class GoldenQueueRows : public testing::TestWithParam<TableFile> {};

TEST_P(GoldenQueueRows, are_written_as_ever) {
    GoldenQueues queues;
    const auto rows = queues.rows();
    ASSERT_TRUE(rows.contains(GetParam().table));
    expect_golden(file_of(GetParam()), dump_rows(rows.at(GetParam().table)));
}

INSTANTIATE_TEST_SUITE_P(Tables, GoldenQueueRows, testing::ValuesIn(table_files),
                         [](const auto& table) { return std::string(table.param.name); });

TEST(GoldenQueueRows, are_there_for_every_table_that_the_engine_writes) {
    GoldenQueues queues;
    auto rows = queues.rows();
    for (const auto& table : table_files) rows.erase(table.table);
    // Those of the feed have golden files of their own.
    rows.erase(Table::event);
    rows.erase(Table::event_mark);
    EXPECT_TRUE(rows.empty());
}

// An engine that finds the checked-in rows in its store, whoever wrote them.
class OldQueueRows : public testing::Test {
protected:
    void SetUp() override {
        if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
        std::vector<std::string> files;
        for (const auto& table : table_files) files.push_back(file_of(table));
        put_golden_rows(driver_, files);
        driver_.clock().advance(Duration(1500));
        driver_.restart();
    }

    const GoldenQueues same_;  // for its ids
    EngineDriver driver_;
};

TEST_F(OldQueueRows, give_back_every_setting) {
    const auto view = driver_.must(GetQueue{jobs});
    EXPECT_EQ(view.settings, full_queue().settings);
    EXPECT_EQ(view.metadata, R"({"owner":"é"})");
    EXPECT_EQ(view.version, 1u);
    EXPECT_EQ(format_instant(view.created_at), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(driver_.must(GetQueue{news}).settings, QueueSettings());
}

TEST_F(OldQueueRows, give_back_a_claim_and_what_it_holds) {
    const auto claim = driver_.must(GetClaim{jobs, same_.held});
    EXPECT_EQ(claim.ttl, seconds(60));
    EXPECT_EQ(format_instant(claim.expires_at), "2026-01-01T00:01:01.500Z");
    ASSERT_EQ(claim.messages.size(), 2u);
    const auto& full = claim.messages[0];
    EXPECT_EQ(full.id, same_.posted[0]);
    EXPECT_EQ(full.body, R"({"a":[1,2]})");
    EXPECT_EQ(full.group, "group");
    EXPECT_EQ(full.priority, 3);
    EXPECT_EQ(full.ttl, seconds(90));  // it lives as long as its claim
    EXPECT_EQ(full.claim_count, 1u);
    EXPECT_EQ(format_instant(full.created_at), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(claim.messages[1].id, same_.posted[1]);
    EXPECT_EQ(claim.messages[1].ttl, minutes(30));
}

TEST_F(OldQueueRows, give_back_what_is_free_and_what_is_delayed) {
    const auto list = driver_.must(ListMessages{jobs, 0, 10, std::nullopt, false, true});
    ASSERT_EQ(list.messages.size(), 2u);
    EXPECT_EQ(list.messages[0].id, same_.posted[2]);
    EXPECT_EQ(list.messages[1].id, same_.posted[3]);
    ASSERT_TRUE(list.messages[1].delayed_until);
    EXPECT_EQ(format_instant(*list.messages[1].delayed_until), "2026-01-01T00:20:00.000Z");
    const std::string client("\x01\x02\x00\xff", 4);
    EXPECT_TRUE(driver_.must(ListMessages{jobs, 0, 10, client, true, true}).messages.empty());
    const auto stats = driver_.must(GetQueueStats{jobs});
    EXPECT_EQ(stats.claimed, 2u);
    EXPECT_EQ(stats.delayed, 1u);
    EXPECT_EQ(stats.free, 1u);
    EXPECT_EQ(stats.posted, 5u);
    EXPECT_EQ(stats.bytes, 11u + 1u + 1u + 4u);
}

TEST_F(OldQueueRows, give_back_a_dead_letter_by_the_id_it_had) {
    const auto list = driver_.must(GetMessages{graves, {same_.dead}});
    ASSERT_EQ(list.messages.size(), 1u);
    EXPECT_EQ(list.messages[0].body, R"("dead")");
    EXPECT_EQ(list.messages[0].ttl, minutes(90));
    EXPECT_TRUE(driver_.must(GetMessages{jobs, {same_.dead}}).messages.empty());
}

TEST_F(OldQueueRows, give_back_what_was_encrypted) {
    EXPECT_EQ(driver_.must(GetQueue{sealed}).settings.encrypt, true);
    const auto list = driver_.must(GetMessages{sealed, {same_.secret}});
    ASSERT_EQ(list.messages.size(), 1u);
    EXPECT_EQ(list.messages[0].body, R"("secret")");
    EXPECT_EQ(driver_.must(GetQueueStats{sealed}).bytes, 8u);
}

TEST_F(OldQueueRows, still_know_readers_and_keys) {
    EXPECT_EQ(driver_.must(GetQueueCursor{jobs, "reader"}).sequence, 3u);
    PostMessages again;
    again.queue = jobs;
    again.messages = {message_of(R"("dead")")};
    again.idempotency_key = "key-1";
    again.idempotency_digest = 0x0102030405060708;
    const auto posted = driver_.must(again);
    EXPECT_TRUE(posted.is_replay);
    EXPECT_EQ(posted.ids, std::vector{same_.dead});
    again.idempotency_key.clear();
    again.messages = {message_of("3")};
    again.messages.front().dedup = "same";
    EXPECT_EQ(driver_.must(again).ids, std::vector{same_.posted[0]});
}

TEST_F(OldQueueRows, let_claims_end_and_delays_pass) {
    driver_.advance(minutes(20));
    const auto stats = driver_.must(GetQueueStats{jobs});
    EXPECT_EQ(stats.claimed, 0u);
    EXPECT_EQ(stats.delayed, 0u);
    EXPECT_EQ(stats.free, 3u);  // `full` has expired
    driver_.engine().check(driver_.clock().now());
}

}  // namespace
}  // namespace signalbox
