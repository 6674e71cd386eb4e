#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine_driver.h"

// What queues do in more than one step, with small limits.

namespace signalbox {
namespace {

using std::chrono::seconds;

const QueueName queue{QueueKind::queue, "q"};

PostMessages post_of(std::vector<NewMessage> messages) {
    PostMessages command;
    command.queue = queue;
    command.messages = std::move(messages);
    return command;
}

NewMessage message_of(std::string body, std::string group = {}) {
    NewMessage message;
    message.body = std::move(body);
    message.group = std::move(group);
    return message;
}

ClaimMessages claim_of(size_t limit) {
    ClaimMessages command;
    command.queue = queue;
    command.limit = limit;
    command.ttl = seconds(60);
    return command;
}

std::vector<std::string> bodies_of(const std::vector<MessageView>& messages) {
    std::vector<std::string> bodies;
    for (const auto& message : messages) bodies.push_back(message.body);
    return bodies;
}

// Both search at the same time, and none may be told that there is nothing while the other one
// has not got to the end.
TEST(QueueSteps, find_what_is_free_behind_a_long_search_for_everyone) {
    CoreLimits limits;
    limits.queue.rows_per_step_max = 1;
    EngineDriver driver(limits);
    driver.must(post_of({message_of("1", "g"), message_of("2", "g"), message_of("3", "g"),
                         message_of("4", "g"), message_of("5"), message_of("6")}));
    driver.must(claim_of(1));
    const RequestId first = driver.submit(claim_of(1));
    const RequestId second = driver.submit(claim_of(1));
    driver.fire_due();
    std::map<RequestId, std::vector<std::string>> given;
    for (auto& completion : driver.taken()) {
        const auto& answer = std::get<Result<MessagesClaimed>>(completion.reply);
        ASSERT_TRUE(answer);
        given[completion.request] = bodies_of(answer->messages);
    }
    EXPECT_EQ(given[first], std::vector<std::string>{"5"});
    EXPECT_EQ(given[second], std::vector<std::string>{"6"});
    driver.engine().check(driver.clock().now());
}

// Whoever pops gets what is free, however much waits for its group in front of it.
TEST(QueueSteps, pop_what_is_free_behind_a_held_group) {
    CoreLimits limits;
    limits.queue.rows_per_step_max = 1;
    EngineDriver driver(limits);
    driver.must(post_of({message_of("1", "g"), message_of("2", "g"), message_of("3", "g"),
                         message_of("4", "g"), message_of("5")}));
    const auto claim = driver.must(claim_of(1));
    EXPECT_EQ(bodies_of(driver.must(PopMessages{queue, 1}).messages),
              std::vector<std::string>{"5"});
    EXPECT_TRUE(driver.must(PopMessages{queue, 1}).messages.empty());
    driver.engine().check(driver.clock().now());
    driver.must(ReleaseClaim{queue, *claim.claim, {}, false, {}});
    for (const auto* body : {"1", "2", "3", "4"}) {
        EXPECT_EQ(bodies_of(driver.must(PopMessages{queue, 1}).messages),
                  std::vector<std::string>{body});
    }
    driver.engine().check(driver.clock().now());
}

// Whatever they waited for: what is deleted is in nobody's way.
TEST(QueueSteps, give_all_that_waited_for_a_message_that_was_deleted) {
    EngineDriver driver;
    driver.must(post_of({message_of("1", "g"), message_of("2", "g"), message_of("3", "g")}));
    const auto claim = driver.must(claim_of(1));
    driver.must(ReleaseClaim{queue, *claim.claim, seconds(30), false, {}});
    EXPECT_FALSE(driver.must(claim_of(10)).claim);
    driver.must(DeleteMessages{queue, {claim.messages.at(0).id}, {}, DeleteRule::any});
    EXPECT_EQ(bodies_of(driver.must(claim_of(10)).messages),
              (std::vector<std::string>{"2", "3"}));
    driver.engine().check(driver.clock().now());
}

// One that expired while its queue was not in memory is not counted when it comes back.
TEST(QueueSteps, count_nothing_that_expired_while_nobody_looked) {
    EngineDriver driver;
    auto brief = message_of("1");
    brief.ttl = seconds(1);
    driver.must(post_of({brief, message_of("2")}));
    driver.restart();
    driver.clock().advance(seconds(2));
    const auto stats = driver.must(GetQueueStats{queue});
    EXPECT_EQ(stats.total, 1u);
    EXPECT_EQ(stats.bytes, 1u);
    EXPECT_EQ(stats.free, 1u);
}

// A message that ends with its claim is gone with it.
TEST(QueueSteps, let_a_message_end_with_its_claim) {
    EngineDriver driver;
    auto brief = message_of("1");
    brief.ttl = seconds(1);
    driver.must(post_of({brief}));
    EXPECT_TRUE(driver.must(claim_of(1)).claim);
    driver.advance(seconds(60));
    EXPECT_FALSE(driver.must(claim_of(1)).claim);
    EXPECT_EQ(driver.must(GetQueueStats{queue}).total, 0u);
}

TEST(QueueSteps, move_many_dead_letters_a_few_at_a_time) {
    CoreLimits limits;
    limits.queue.rows_per_step_max = 2;
    EngineDriver driver(limits);
    CreateQueue create;
    create.queue = queue;
    create.settings.claims_max = 1;
    create.settings.dead_letter_queue = "dead";
    driver.must(create);
    std::vector<NewMessage> messages;
    for (int i = 0; i < 20; ++i) messages.push_back(message_of(std::to_string(i)));
    driver.must(post_of(messages));
    std::vector<ClaimId> claims;
    for (int i = 0; i < 10; ++i) claims.push_back(*driver.must(claim_of(2)).claim);
    driver.advance(seconds(60));
    driver.must(post_of({message_of("21"), message_of("22")}));
    const auto claimed = driver.must(claim_of(5));
    EXPECT_EQ(bodies_of(claimed.messages), (std::vector<std::string>{"21", "22"}));
    EXPECT_EQ(driver.must(GetQueueStats{{QueueKind::queue, "dead"}}).total, 20u);
    driver.engine().check(driver.clock().now());
}

}  // namespace
}  // namespace signalbox
