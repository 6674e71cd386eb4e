#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/queue_rows.h"
#include "sim/engine_driver.h"

// Queues whose messages are stored encrypted: what is in the rows, and what becomes of messages
// that cannot be decrypted.

namespace signalbox {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const QueueName queue{QueueKind::queue, "q"};
const QueueName dead{QueueKind::queue, "dead"};
constexpr std::string_view word = "nobody-shall-read-this";

using Texts = std::vector<std::string>;

class EncryptedQueue : public testing::Test {
protected:
    EncryptedQueue() { set(true); }

    // The setting, and dead letters after one failure.
    void set(bool encrypt) {
        QueueSettings settings;
        settings.encrypt = encrypt;
        settings.claims_max = 1;
        settings.dead_letter_queue = "dead";
        if (!driver_.must(CreateQueue{queue, settings, "{}"}).is_new) {
            driver_.must(UpdateQueue{queue, settings, "{}", std::nullopt});
        }
    }
    static std::string body_of(int number) {
        return "\"" + std::string(word) + " " + std::to_string(number) + "\"";
    }
    static Texts all_of(const std::vector<int>& numbers) {
        Texts bodies;
        for (const int number : numbers) bodies.push_back(body_of(number));
        return bodies;
    }
    static Texts bodies_of(const std::vector<MessageView>& messages) {
        Texts bodies;
        for (const auto& message : messages) bodies.push_back(message.body);
        return bodies;
    }
    std::vector<MessageId> post(const std::vector<int>& numbers, const std::string& group = {}) {
        PostMessages command;
        command.queue = queue;
        for (const int number : numbers) {
            NewMessage message;
            message.body = body_of(number);
            message.group = group;
            command.messages.push_back(std::move(message));
        }
        return driver_.must(command).ids;
    }
    MessagesClaimed claim(size_t limit, const QueueName& of = queue) {
        ClaimMessages command;
        command.queue = of;
        command.limit = limit;
        command.ttl = seconds(60);
        return driver_.must(command);
    }
    Texts listed(const QueueName& of = queue) {
        return bodies_of(driver_.must(ListMessages{of, 0, 100, std::nullopt, true, true}).messages);
    }
    Texts popped(size_t limit) {
        return bodies_of(driver_.must(PopMessages{queue, limit}).messages);
    }
    Result<MessageList> got(const MessageId& id, const QueueName& of = queue) {
        return *driver_.ask(GetMessages{of, {id}});
    }
    void restart_with(std::vector<BodyCipher::Key> keys) {
        driver_.set_cipher(BodyCipher(std::move(keys)));
        driver_.restart();
    }

    SubscriptionId subscribe(std::string options) {
        CreateSubscription command;
        command.queue = queue;
        command.subscriber = "http://a.example/";
        command.ttl = hours(24);
        command.options = std::move(options);
        return driver_.must(std::move(command)).id;
    }
    Texts told() {
        Texts bodies;
        for (const auto& effect : driver_.effects()) {
            for (const auto& one : effect.notifications) bodies.push_back(one->body);
        }
        return bodies;
    }

    // Every row that tells the word, by its key.
    std::vector<std::string> rows_with_the_word() {
        std::vector<std::string> keys;
        for (const auto& [key, value] : driver_.store().rows()) {
            if (value.find(word) != std::string::npos) keys.push_back(key);
        }
        return keys;
    }
    std::map<std::string, std::string> message_rows() {
        std::map<std::string, std::string> rows;
        for (const auto& [key, value] : driver_.store().rows()) {
            if (static_cast<Table>(key.front()) == Table::message) rows.emplace(key, value);
        }
        return rows;
    }
    // As somebody would who can write to the disk.
    void overwrite(const std::string& key, const std::string& value) {
        BatchWriter batch;
        batch.reset(driver_.committed());
        batch.begin();
        batch.put(key, value);
        batch.end();
        ASSERT_TRUE(driver_.store().apply(batch.view()));
    }

    EngineDriver driver_;
};

TEST_F(EncryptedQueue, keeps_no_body_and_gives_back_every_one) {
    const auto ids = post({1, 2, 3});
    EXPECT_TRUE(rows_with_the_word().empty());
    EXPECT_EQ(listed(), all_of({1, 2, 3}));
    EXPECT_EQ(got(ids[1])->messages.at(0).body, body_of(2));
    const auto claimed = claim(1);
    EXPECT_EQ(bodies_of(claimed.messages), all_of({1}));
    EXPECT_EQ(bodies_of(driver_.must(GetClaim{queue, *claimed.claim}).messages), all_of({1}));
    EXPECT_EQ(popped(1), all_of({2}));
    driver_.restart();
    EXPECT_TRUE(rows_with_the_word().empty());
    EXPECT_EQ(listed(), all_of({1, 3}));
}

TEST_F(EncryptedQueue, hands_bodies_to_those_who_wait) {
    ClaimMessages command;
    command.queue = queue;
    command.limit = 1;
    command.ttl = seconds(60);
    command.wait = seconds(5);
    EXPECT_FALSE(driver_.ask(command));
    post({1});
    const auto taken = driver_.taken();
    ASSERT_EQ(taken.size(), 1u);
    const auto& answer = std::get<Result<MessagesClaimed>>(taken.front().reply);
    ASSERT_TRUE(answer);
    EXPECT_EQ(bodies_of(answer->messages), all_of({1}));
}

TEST_F(EncryptedQueue, counts_the_bytes_of_plain_bodies) {
    post({1, 2, 3});
    const uint64_t bytes = body_of(1).size();
    EXPECT_EQ(driver_.must(GetQueueStats{queue}).bytes, 3 * bytes);
    const auto claimed = claim(1);
    driver_.must(DeleteMessages{queue, {claimed.messages[0].id}, {}, DeleteRule::any});
    popped(1);
    EXPECT_EQ(driver_.must(GetQueueStats{queue}).bytes, bytes);
    driver_.advance(hours(2));
    EXPECT_EQ(driver_.must(GetQueueStats{queue}).bytes, 0u);
    driver_.engine().check(driver_.clock().now());
}

TEST_F(EncryptedQueue, seals_the_same_body_differently_each_time) {
    post({1, 1, 1});
    std::vector<std::string> sealed;
    for (const auto& [key, value] : message_rows()) {
        const auto row = decode_message(value);
        ASSERT_TRUE(row && row->seal);
        sealed.emplace_back(row->seal->nonce.data(), row->seal->nonce.size());
        sealed.emplace_back(row->body);
    }
    std::sort(sealed.begin(), sealed.end());
    EXPECT_EQ(std::adjacent_find(sealed.begin(), sealed.end()), sealed.end());
}

TEST_F(EncryptedQueue, reads_what_was_posted_under_another_setting) {
    set(false);
    post({1});
    EXPECT_EQ(rows_with_the_word().size(), 1u);
    set(true);
    post({2});
    set(false);
    post({3});
    EXPECT_EQ(rows_with_the_word().size(), 2u);
    EXPECT_EQ(listed(), all_of({1, 2, 3}));
    EXPECT_EQ(popped(3), all_of({1, 2, 3}));
}

// To a queue that is not encrypted itself, and without the key.
TEST_F(EncryptedQueue, moves_dead_letters_as_they_are) {
    const auto id = post({1}).front();
    const auto before = message_rows();
    ASSERT_EQ(before.size(), 1u);
    const std::string sealed(decode_message(before.begin()->second)->body);
    claim(1);
    driver_.advance(seconds(60));
    restart_with({sim_key(2)});
    EXPECT_FALSE(claim(1).claim);
    const auto after = message_rows();
    ASSERT_EQ(after.size(), 1u);
    EXPECT_EQ(decode_message(after.begin()->second)->body, sealed);
    EXPECT_TRUE(listed(dead).empty());
    restart_with({sim_key(1)});
    EXPECT_EQ(listed(dead), all_of({1}));
    EXPECT_EQ(got(id, dead)->messages.at(0).body, body_of(1));
    EXPECT_EQ(bodies_of(claim(1, dead).messages), all_of({1}));
    EXPECT_TRUE(rows_with_the_word().empty());
}

TEST_F(EncryptedQueue, reads_old_messages_when_a_new_key_is_put_in_front) {
    post({1});
    restart_with({sim_key(2), sim_key(1)});
    post({2});
    EXPECT_EQ(listed(), all_of({1, 2}));
    // And the old key is of no use for the new one.
    restart_with({sim_key(1)});
    EXPECT_EQ(listed(), all_of({1}));
}

TEST_F(EncryptedQueue, hands_nothing_out_without_its_key_and_loses_nothing) {
    const auto first = post({1, 2}, "group").front();
    restart_with({sim_key(2)});
    post({3});
    EXPECT_EQ(listed(), all_of({3}));
    const auto refused = got(first);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(refused.error().message, "message " + first.text() + " is encrypted with key " +
                                           format_body_key_id(sim_cipher().ids().front()) +
                                           ", which this server does not have");
    const auto claimed = claim(10);
    EXPECT_EQ(bodies_of(claimed.messages), all_of({3}));
    driver_.must(ReleaseClaim{queue, *claimed.claim, {}, false, {}});
    EXPECT_EQ(popped(10), all_of({3}));
    EXPECT_TRUE(popped(10).empty());
    EXPECT_EQ(driver_.must(GetQueueStats{queue}).total, 2u);
    EXPECT_GT(driver_.engine().statistics().queues.messages.unreadable, 0u);
    driver_.engine().check(driver_.clock().now());

    restart_with({sim_key(2), sim_key(1)});
    EXPECT_EQ(listed(), all_of({1, 2}));
    EXPECT_EQ(popped(10), all_of({1, 2}));
    EXPECT_EQ(driver_.must(GetQueueStats{queue}).total, 0u);
    driver_.engine().check(driver_.clock().now());
}

// What is held comes back, and what is asked for by name is deleted.
TEST_F(EncryptedQueue, goes_on_with_claims_that_it_cannot_show) {
    const auto ids = post({1, 2});
    const auto held = claim(2);
    restart_with({sim_key(2)});
    EXPECT_TRUE(driver_.must(GetClaim{queue, *held.claim}).messages.empty());
    EXPECT_EQ(
        driver_.must(DeleteMessages{queue, {ids[1]}, {*held.claim}, DeleteRule::claim_of_each})
            .count,
        1u);
    driver_.advance(seconds(60));
    EXPECT_EQ(driver_.must(GetQueueStats{queue}).claimed, 0u);
    driver_.engine().check(driver_.clock().now());
    restart_with({sim_key(1)});
    EXPECT_EQ(listed(), all_of({1}));
}

TEST_F(EncryptedQueue, lets_what_it_cannot_read_expire) {
    post({1, 2, 3});
    restart_with({sim_key(2)});
    EXPECT_TRUE(popped(1).empty());
    driver_.advance(hours(2));
    const auto stats = driver_.must(GetQueueStats{queue});
    EXPECT_EQ(stats.total, 0u);
    EXPECT_EQ(stats.bytes, 0u);
    EXPECT_TRUE(message_rows().empty());
    driver_.engine().check(driver_.clock().now());
}

// More of them than a step looks at must not keep anybody from what is behind them.
TEST(EncryptedQueues, get_past_many_that_cannot_be_read) {
    CoreLimits limits;
    limits.queue.rows_per_step_max = 2;
    EngineDriver driver(limits);
    CreateQueue create;
    create.queue = queue;
    create.settings.encrypt = true;
    driver.must(create);
    PostMessages post;
    post.queue = queue;
    for (int i = 0; i < 20; ++i) post.messages.emplace_back().body = "0";
    driver.must(post);
    driver.set_cipher(BodyCipher({sim_key(2)}));
    driver.restart();
    post.messages.resize(2);
    post.messages[0].body = "1";
    post.messages[1].body = "2";
    driver.must(post);
    ClaimMessages claim;
    claim.queue = queue;
    claim.limit = 1;
    claim.ttl = seconds(60);
    const auto claimed = driver.must(claim);
    ASSERT_EQ(claimed.messages.size(), 1u);
    EXPECT_EQ(claimed.messages[0].body, "1");
    const auto popped = driver.must(PopMessages{queue, 1});
    ASSERT_EQ(popped.messages.size(), 1u);
    EXPECT_EQ(popped.messages[0].body, "2");
    EXPECT_EQ(driver.must(GetQueueStats{queue}).total, 21u);
    driver.engine().check(driver.clock().now());
}

TEST_F(EncryptedQueue, tells_of_bodies_that_were_put_in_the_place_of_others) {
    const auto ids = post({1, 2, 3});
    auto rows = message_rows();
    ASSERT_EQ(rows.size(), 3u);
    const auto first = rows.begin();
    const auto second = std::next(first);
    overwrite(first->first, second->second);
    overwrite(second->first, first->second);
    for (const auto& id : {ids[0], ids[1]}) {
        const auto refused = got(id);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::internal);
        EXPECT_EQ(refused.error().message, "message " + id.text() + " is damaged: key " +
                                               format_body_key_id(sim_cipher().ids().front()) +
                                               " does not decrypt it");
    }
    EXPECT_EQ(listed(), all_of({3}));
    EXPECT_EQ(bodies_of(claim(10).messages), all_of({3}));
    EXPECT_TRUE(popped(10).empty());
    driver_.engine().check(driver_.clock().now());
}

// Subscribers read what was posted; rows, also those that wait for them, do not.
TEST_F(EncryptedQueue, tells_subscribers_what_was_posted) {
    const auto id = subscribe("{}");
    post({1, 2});
    EXPECT_TRUE(rows_with_the_word().empty());
    EXPECT_EQ(told(), all_of({1, 2}));
    driver_.restart();
    // Nobody reported it, so it is told again, from the rows.
    EXPECT_EQ(told(), all_of({1, 2}));
    EXPECT_EQ(driver_.must(GetSubscription{queue, id}).delivery.pending, 2u);
}

TEST_F(EncryptedQueue, tells_nobody_what_it_cannot_read) {
    const auto id = subscribe("{}");
    post({1});
    told();
    restart_with({sim_key(2)});
    EXPECT_TRUE(told().empty());
    const auto status = driver_.must(GetSubscription{queue, id}).delivery;
    EXPECT_EQ(status.pending, 1u);
    EXPECT_GT(status.failures, 0u);
    EXPECT_NE(status.last_error.find("key"), std::string::npos) << status.last_error;
    restart_with({sim_key(1)});
    driver_.advance(seconds(10));
    EXPECT_EQ(told(), all_of({1}));
}

// What subscribers did not take stays as secret as it was.
TEST_F(EncryptedQueue, seals_dead_letters_of_subscribers) {
    subscribe(R"({"_dead_letter_queue":"dead"})");
    post({1});
    for (int attempts = 0; attempts < 100 && listed(dead).empty(); ++attempts) {
        for (const auto& effect : driver_.effects()) {
            driver_.must(ReportDelivery{effect.outbox, effect.subscription, effect.window, 0,
                                        ReportDelivery::Failure{"it said 500", {}, false}});
        }
        driver_.advance(seconds(60));
    }
    EXPECT_EQ(listed(dead), all_of({1}));
    EXPECT_TRUE(rows_with_the_word().empty());
}

}  // namespace
}  // namespace signalbox
