#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/subscription_steps.h"

// Subscriptions and how they are told, one case at a time. Whoever is told is played here.

namespace signalbox {
namespace {

using std::chrono::seconds;

TEST_F(SubscriptionSteps, tells_in_order_and_one_after_the_other) {
    const auto id = subscribe("http://a");
    EXPECT_TRUE(driver_.effects().empty());
    post({"1", "2"});
    const auto first = effect();
    EXPECT_EQ(bodies_of(first), (Bodies{"1", "2"}));
    EXPECT_EQ(first.subscriber, "http://a");
    EXPECT_EQ(first.attempt, 1u);
    post({"3"});
    EXPECT_TRUE(driver_.effects().empty()) << "while something is under way, nothing else is";
    EXPECT_EQ(status(id).pending, 3u);
    report(first, 2);
    const auto second = effect();
    EXPECT_EQ(bodies_of(second), Bodies{"3"});
    report(second, 1);
    EXPECT_EQ(status(id).pending, 0u);
    EXPECT_EQ(status(id).delivered, 3u);
    EXPECT_TRUE(driver_.effects().empty());
}

TEST_F(SubscriptionSteps, tells_nothing_of_what_was_posted_before) {
    subscribe("http://a");
    post({"1"});
    report(effect(), 1);
    subscribe("http://b");
    EXPECT_TRUE(driver_.effects().empty());
    post({"2"});
    const auto both = driver_.effects();
    ASSERT_EQ(both.size(), 2u);
    for (const auto& one : both) EXPECT_EQ(bodies_of(one), Bodies{"2"});
}

TEST_F(SubscriptionSteps, tells_again_after_a_restart_under_the_same_ids) {
    subscribe("http://a");
    post({"1", "2", "3"});
    const auto before = effect();
    driver_.restart();
    const auto after = effect();
    ASSERT_EQ(bodies_of(after), bodies_of(before));
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(after.notifications[i]->message, before.notifications[i]->message);
    }
    report(after, 2, ReportDelivery::Failure{"gone away", {}, false});
    driver_.restart();
    EXPECT_EQ(bodies_of(effect()), Bodies{"3"}) << "what was reported is not told again";
}

TEST_F(SubscriptionSteps, takes_no_report_of_what_is_not_under_way) {
    const auto id = subscribe("http://a");
    post({"1"});
    const auto old = effect();
    driver_.restart();
    const auto now = effect();
    ASSERT_EQ(old.window, now.window) << "numbers begin anew, so a report must not come late";
    report(now, 1);
    report(now, 1);
    EXPECT_EQ(status(id).delivered, 1u);
}

// The schedule of the original; up to a fifth more than each delay.
TEST_F(SubscriptionSteps, tries_again_by_the_policy_and_then_drops_the_message) {
    const auto id = subscribe("http://a");
    post({"1", "2"});
    const std::vector<int64_t> delays{0, 0, 0, 5, 5, 5, 5, 10, 15, 20, 25, 30, 30, 30};
    auto attempt = effect();
    fails(attempt);
    for (size_t i = 0; i < delays.size(); ++i) {
        if (delays[i] > 0) {
            EXPECT_TRUE(driver_.effects().empty());
            ASSERT_TRUE(status(id).next_attempt_at);
            driver_.advance(seconds(delays[i]) - Duration(1));
            EXPECT_TRUE(driver_.effects().empty()) << "attempt " << i + 2 << " came early";
            driver_.advance(seconds(delays[i]) / 5 + Duration(1));
        }
        attempt = effect();
        EXPECT_EQ(bodies_of(attempt), Bodies{"1"}) << "while it fails, one at a time";
        EXPECT_EQ(attempt.attempt, i + 2);
        EXPECT_EQ(status(id).failures, i + 1);
        EXPECT_EQ(status(id).last_error, "it said 500");
        fails(attempt);
    }
    EXPECT_EQ(status(id).dropped, 1u);
    EXPECT_EQ(bodies_of(effect()), Bodies{"2"});
}

TEST_F(SubscriptionSteps, waits_as_long_as_the_subscriber_wishes) {
    subscribe("http://a");
    post({"1"});
    fails(effect(), seconds(100));
    driver_.advance(seconds(99));
    EXPECT_TRUE(driver_.effects().empty());
    driver_.advance(seconds(1));
    EXPECT_EQ(bodies_of(effect()), Bodies{"1"});
}

TEST_F(SubscriptionSteps, waits_on_after_a_restart) {
    subscribe("http://a");
    post({"1"});
    fails(effect(), seconds(100));
    driver_.restart();
    EXPECT_TRUE(driver_.effects().empty());
    driver_.advance(seconds(99));
    EXPECT_TRUE(driver_.effects().empty());
    driver_.advance(seconds(1));
    EXPECT_EQ(effect().attempt, 2u);
}

TEST_F(SubscriptionSteps, keeps_to_the_policy_of_the_queue_when_that_says_so) {
    const auto own = R"({"_retry_policy":{"retries_with_no_delay":5}})";
    CreateQueue create;
    create.queue = queue;
    create.settings.retry_policy =
        R"({"retries_with_no_delay":1,"minimum_delay":50,"maximum_delay":60})";
    driver_.must(create);
    subscribe("http://a", own);
    post({"1"});
    for (int i = 0; i < 6; ++i) fails(effect());
    EXPECT_TRUE(driver_.effects().empty()) << "five at once, by its own policy";
}

TEST_F(SubscriptionSteps, moves_what_it_gives_up_to_the_queue_of_dead_letters) {
    const auto id = subscribe(
        "http://a", R"({"_dead_letter_queue":"dead","_retry_policy":{"retries_with_no_delay":1,)"
                    R"("minimum_delay":1,"maximum_delay":1,"minimum_delay_retries":1,)"
                    R"("maximum_delay_retries":1}})");
    post({"{\"the\":\"letter\"}"});
    fails(effect());
    fails(effect());
    for (int i = 0; i < 2; ++i) {
        driver_.advance(seconds(2));
        fails(effect());
    }
    EXPECT_EQ(status(id).dropped, 1u);
    ListMessages list;
    list.queue = {QueueKind::queue, "dead"};
    list.limit = 10;
    const auto dead = driver_.must(list).messages;
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead.front().body, "{\"the\":\"letter\"}");
}

TEST_F(SubscriptionSteps, tells_nothing_to_one_that_said_it_was_gone) {
    const auto id = subscribe("http://a");
    post({"1", "2"});
    report(effect(), 1, ReportDelivery::Failure{"410", {}, true});
    EXPECT_TRUE(status(id).is_gone);
    post({"3"});
    EXPECT_TRUE(driver_.effects().empty());
    EXPECT_EQ(subscribe("http://a"), id) << "subscribed again, it is the same";
    post({"4"});
    EXPECT_EQ(bodies_of(effect()), Bodies{"4"});
}

TEST_F(SubscriptionSteps, asks_before_it_tells) {
    const auto id = subscribe("http://a", "{}", true);
    auto asked = effect();
    EXPECT_EQ(asked.kind, Effect::Kind::confirmation);
    post({"1"});
    fails(asked);
    asked = effect();
    EXPECT_EQ(asked.kind, Effect::Kind::confirmation) << "that is tried again, too";
    report(asked, 1);
    EXPECT_TRUE(driver_.effects().empty()) << "nothing for one that has not confirmed";
    EXPECT_EQ(subscribe("http://a", "{}", true), id);
    asked = effect();
    EXPECT_EQ(asked.kind, Effect::Kind::confirmation) << "subscribed again, it is asked again";
    report(asked, 1);
    driver_.must(ConfirmSubscription{queue, id, true});
    post({"2"});
    auto told = effect();
    EXPECT_EQ(bodies_of(told), Bodies{"2"});
    report(told, 1);
    CreateSubscription again;
    again.queue = queue;
    again.subscriber = "http://a";
    again.ttl = seconds(60);
    const auto refused = driver_.ask(again);
    ASSERT_TRUE(refused && !*refused);
    EXPECT_EQ(refused->error().code, ErrorCode::conflict);
    driver_.must(ConfirmSubscription{queue, id, false});
    EXPECT_EQ(effect().kind, Effect::Kind::unsubscription);
    post({"3"});
    EXPECT_TRUE(driver_.effects().empty());
}

TEST_F(SubscriptionSteps, tells_nothing_that_is_too_old) {
    const auto id = subscribe("http://a");
    post({"1"});
    const auto first = effect();
    post({"2"}, seconds(10));
    post({"3"}, seconds(100));
    driver_.advance(seconds(20));
    report(first, 1);
    EXPECT_EQ(bodies_of(effect()), Bodies{"3"});
    EXPECT_EQ(status(id).dropped, 1u);
}

TEST_F(SubscriptionSteps, ends_with_its_time) {
    CreateSubscription command;
    command.queue = queue;
    command.subscriber = "http://a";
    command.ttl = seconds(60);
    const auto id = driver_.must(command).id;
    post({"1"});
    const auto told = effect();
    driver_.advance(seconds(40));
    UpdateSubscription update{queue, id, {}, seconds(60), {}};
    driver_.must(update);
    driver_.advance(seconds(59));
    EXPECT_TRUE(driver_.ask(GetSubscription{queue, id})->has_value());
    driver_.advance(seconds(1));
    EXPECT_FALSE(driver_.ask(GetSubscription{queue, id})->has_value());
    report(told, 1);
    post({"2"});
    EXPECT_TRUE(driver_.effects().empty());
}

class FewWindows : public SubscriptionSteps {
protected:
    static CoreLimits limits() {
        CoreLimits limits;
        limits.subscription.windows_max = 2;
        limits.subscription.notifications_max = 3;
        limits.subscription.recent_bytes_max = 0;  // everything is read from rows
        return limits;
    }
    FewWindows() : SubscriptionSteps(limits()) {}
};

// However many hang, whoever took its last messages is told the next ones at once.
TEST_F(FewWindows, leaves_room_beside_those_that_hang) {
    subscribe("http://good");
    post({"1"});
    report(effect(), 1);
    for (const auto* name : {"http://a", "http://b", "http://c"}) subscribe(name);
    post({"2"});
    auto both = driver_.effects();
    ASSERT_EQ(both.size(), 2u)
        << "one place for those who have shown nothing yet, one for the rest";
    if (both[0].subscriber != "http://good") std::swap(both[0], both[1]);
    EXPECT_EQ(both[0].subscriber, "http://good");
    EXPECT_NE(both[1].subscriber, "http://good");
    report(both[0], 1);
    EXPECT_TRUE(driver_.effects().empty()) << "the others wait for the one that hangs";
    post({"3"});
    const auto good = effect();
    EXPECT_EQ(good.subscriber, "http://good");
    fails(both[1]);
    EXPECT_NE(effect().subscriber, "http://good");
}

class EightWindows : public SubscriptionSteps {
protected:
    static CoreLimits limits() {
        CoreLimits limits;
        limits.subscription.windows_max = 8;
        return limits;
    }
    EightWindows() : SubscriptionSteps(limits()) {}
};

// Behind a restart nobody has shown anything yet; but who failed is known.
TEST_F(EightWindows, leave_room_beside_those_that_failed_before_a_restart) {
    for (int i = 0; i < 8; ++i) subscribe("http://fails" + std::to_string(i));
    post({"1"}, std::chrono::hours(100));
    for (int turns = 0; turns < 20; ++turns) {
        for (const auto& told : driver_.effects()) fails(told);
    }
    for (int i = 0; i < 8; ++i) subscribe("http://well" + std::to_string(i));
    driver_.advance(std::chrono::hours(1));
    driver_.effects();  // which hang
    driver_.restart();
    post({"2"});
    size_t failing = 0;
    size_t well = 0;
    for (const auto& told : driver_.effects()) {
        ++(told.subscriber.starts_with("http://well") ? well : failing);
    }
    EXPECT_LE(failing, 2u);
    EXPECT_GE(well, 2u);
}

// It goes to the end of the line of those that may hang, and comes back once it is quick again.
TEST_F(FewWindows, doubts_those_that_are_slow) {
    subscribe("http://slow");
    for (const Duration took : {seconds(0), seconds(10)}) {
        post({"1"});
        const auto told = effect();
        driver_.advance(took);
        report(told, 1);
    }
    subscribe("http://new");
    post({"2"});
    const auto first = effect();
    post({"3"});
    EXPECT_TRUE(driver_.effects().empty()) << "both are doubted, and one of them may be told";
    report(first, 1);
    EXPECT_EQ(driver_.effects().size(), 2u) << "one is proven now";
}

TEST_F(FewWindows, drops_the_oldest_of_whoever_is_too_far_behind) {
    const auto slow = subscribe("http://a");
    post({"1"});
    fails(effect(), seconds(1000));
    post({"2", "3", "4", "5"});
    EXPECT_EQ(status(slow).dropped, 2u);
    EXPECT_EQ(status(slow).pending, 3u);
    driver_.engine().check(driver_.clock().now(), driver_.store());
    driver_.advance(seconds(1000));
    const auto again = effect();
    EXPECT_EQ(bodies_of(again), Bodies{"3"});
    EXPECT_EQ(again.attempt, 2u) << "that messages are lost is no reason to ask sooner";
}

TEST_F(FewWindows, drops_the_oldest_of_whoever_hangs_once_it_is_let_go) {
    const auto slow = subscribe("http://a");
    post({"1"});
    const auto hanging = effect();
    post({"2", "3", "4", "5", "6"});
    EXPECT_EQ(status(slow).dropped, 0u);
    fails(hanging);
    EXPECT_EQ(status(slow).dropped, 3u);
    EXPECT_EQ(status(slow).pending, 3u);
    EXPECT_EQ(driver_.engine().statistics().queues.deliveries.dropped, 3u);
    EXPECT_EQ(bodies_of(effect()), Bodies{"4"});
}

// The rest comes with the next steps: the core has others to see to.
TEST(BacklogSteps, read_no_more_of_the_store_than_others_may_wait_for) {
    CoreLimits limits;
    limits.subscription.recent_bytes_max = 0;
    EngineDriver driver(limits);
    const QueueName queue{QueueKind::queue, "q"};
    for (int i = 0; i < 20; ++i) {
        CreateSubscription command;
        command.queue = queue;
        command.subscriber = "http://s" + std::to_string(i);
        command.ttl = std::chrono::hours(1);
        driver.must(command);
    }
    PostMessages post;
    post.queue = queue;
    for (int i = 0; i < 3; ++i) {
        NewMessage message;
        message.body = '"' + std::string(100'000, 'x') + '"';
        message.ttl = std::chrono::hours(1);
        post.messages.push_back(message);
    }
    driver.submit(post);
    EXPECT_LE(driver.effects().size(), 4u);
    driver.fire_due();
    EXPECT_EQ(driver.effects().size(), 16u);
}

class FewBytes : public SubscriptionSteps {
protected:
    static CoreLimits limits() {
        CoreLimits limits;
        limits.subscription.notification_bytes_max = 10;
        limits.subscription.recent_bytes_max = 0;
        return limits;
    }
    FewBytes() : SubscriptionSteps(limits()) {}
};

TEST_F(FewBytes, bound_what_waits) {
    const auto slow = subscribe("http://a");
    post({"\"first\""});
    fails(effect(), seconds(1000));
    post({"\"12\"", "\"34\""});
    EXPECT_EQ(status(slow).pending, 2u);
    driver_.restart();
    post({"5", "6"});
    EXPECT_EQ(status(slow).pending, 4u) << "ten bytes";
    post({"7"});
    EXPECT_EQ(status(slow).pending, 4u);
    EXPECT_EQ(status(slow).dropped, 2u);
    post({"\"more than there is room for\""});
    EXPECT_EQ(status(slow).pending, 1u) << "the last one is always kept";
    driver_.engine().check(driver_.clock().now(), driver_.store());
    driver_.advance(seconds(1000));
    report(effect(), 1);
    post({"8"});
    EXPECT_EQ(bodies_of(effect()), Bodies{"8"});
}

// Connections that are sent messages as they are posted.
class FollowerSteps : public SubscriptionSteps {
protected:
    explicit FollowerSteps(CoreLimits limits = {}) : SubscriptionSteps(limits) {}

    RequestId follow(const QueueName& followed = {QueueKind::queue, "q"}) {
        driver_.must(FollowMessages{followed});
        return driver_.last_request();
    }
    void give_up(RequestId request) {
        driver_.run(Command{RequestId(), {}, {}, CancelRequest{request}});
    }
    // Who was told what.
    std::vector<std::pair<uint64_t, std::string>> told() {
        std::vector<std::pair<uint64_t, std::string>> all;
        for (const auto& delivery : driver_.delivered()) {
            all.emplace_back(delivery.subscriber.value,
                             delivery.event ? delivery.event->data : "the end");
        }
        driver_.engine().check(driver_.clock().now(), driver_.store());
        return all;
    }
};

using Told = std::vector<std::pair<uint64_t, std::string>>;

TEST_F(FollowerSteps, are_told_of_their_queue_until_they_go) {
    post({"0"});
    const auto first = follow().value;
    const auto second = follow().value;
    follow({QueueKind::topic, "q"});
    EXPECT_EQ(told(), Told());
    post({"1", "\"two\""}, seconds(60));
    const std::string both = R"([{"ttl_ms":60000,"body":1},{"ttl_ms":60000,"body":"two"}])";
    EXPECT_EQ(told(), (Told{{first, both}, {second, both}}));
    give_up(RequestId(first));
    give_up(RequestId(first));
    post({"1"}, seconds(60));
    EXPECT_EQ(told(), (Told{{second, R"([{"ttl_ms":60000,"body":1}])"}}));
    driver_.restart();
    post({"3"});
    EXPECT_EQ(told(), Told()) << "nothing of it is stored";
}

TEST_F(FollowerSteps, are_told_what_was_sealed_in_the_clear) {
    driver_.set_cipher(sim_cipher());
    driver_.restart();
    CreateQueue create;
    create.queue = queue;
    create.settings.encrypt = true;
    driver_.must(create);
    const auto request = follow().value;
    post({"\"secret\""}, seconds(60));
    EXPECT_EQ(told(), (Told{{request, R"([{"ttl_ms":60000,"body":"secret"}])"}}));
}

TEST_F(FollowerSteps, are_let_go_when_the_server_stops) {
    const auto request = follow().value;
    driver_.stop();
    EXPECT_EQ(told(), (Told{{request, "the end"}}));
    const auto refused = driver_.ask(FollowMessages{queue});
    ASSERT_TRUE(refused && !*refused);
    EXPECT_EQ(refused->error().code, ErrorCode::unavailable);
}

class FewFollowers : public FollowerSteps {
protected:
    FewFollowers() : FollowerSteps(narrow()) {}
    static CoreLimits narrow() {
        CoreLimits limits;
        limits.subscription.followers_per_queue_max = 1;
        limits.subscription.followers_max = 2;
        return limits;
    }
    std::optional<ErrorCode> refusal_of(const QueueName& followed) {
        const auto answer = driver_.ask(FollowMessages{followed});
        return *answer ? std::nullopt : std::optional(answer->error().code);
    }
};

TEST_F(FewFollowers, are_refused_beyond_their_limits) {
    const auto first = follow();
    EXPECT_EQ(refusal_of(queue), ErrorCode::overloaded);
    follow({QueueKind::queue, "other"});
    EXPECT_EQ(refusal_of({QueueKind::queue, "third"}), ErrorCode::overloaded);
    give_up(first);
    EXPECT_EQ(refusal_of(queue), std::nullopt);
}

// What is shown of an error is text, whoever wrote it, and no letter of it is cut.
TEST_F(SubscriptionSteps, shows_errors_as_text) {
    const auto id = subscribe("http://a");
    post({"1"});
    const auto error_of = [&](const std::string& why) {
        report(effect(), 0, ReportDelivery::Failure{why, std::nullopt, false});
        return status(id).last_error;
    };
    EXPECT_EQ(error_of("\xff it said \xc3"), "? it said ?");
    std::string letters(255, 'a');
    EXPECT_EQ(error_of(letters + "é"), letters);
    EXPECT_EQ(error_of(letters + "bc"), letters + "b");
}

class DeadLetters : public SubscriptionSteps {
protected:
    // Its message is given up.
    SubscriptionId give_up(const QueueName& from, const std::string& dead_letter_queue) {
        CreateSubscription command;
        command.queue = from;
        command.subscriber = "http://a";
        command.ttl = std::chrono::hours(24);
        command.options = R"({"_dead_letter_queue":)" + dead_letter_queue + "}";
        const auto id = driver_.must(command).id;
        PostMessages posted;
        posted.queue = from;
        NewMessage message;
        message.body = "1";
        posted.messages.push_back(message);
        driver_.must(posted);
        for (int attempts = 0; attempts < 20; ++attempts) {
            for (const auto& told : driver_.effects()) fails(told);
            driver_.advance(seconds(60));
        }
        return id;
    }
    size_t count(const QueueName& dead) {
        return driver_.must(ListMessages{dead, 0, 10, std::nullopt, true, true}).messages.size();
    }
};

TEST_F(DeadLetters, of_a_topic_are_in_a_queue) {
    give_up({QueueKind::topic, "t"}, R"("dead")");
    EXPECT_EQ(count({QueueKind::queue, "dead"}), 1u);
}

TEST_F(DeadLetters, go_to_the_queue_whose_name_is_meant) {
    give_up(queue, R"("d\u0065ad")");
    EXPECT_EQ(count({QueueKind::queue, "dead"}), 1u);
}

// Nobody waits for a queue that there can never be.
TEST_F(DeadLetters, that_no_queue_can_take_are_dropped) {
    const auto id = give_up(queue, R"("no such / name")");
    EXPECT_EQ(status(id).dropped, 1u);
    EXPECT_EQ(status(id).pending, 0u);
}

class NoRoomForTheDead : public SubscriptionSteps {
protected:
    static CoreLimits limits() {
        CoreLimits limits;
        limits.quota.messages_max = 1;
        return limits;
    }
    NoRoomForTheDead() : SubscriptionSteps(limits()) {}

    // More often than the policy has attempts.
    void fail_on_and_on(SubscriptionId id) {
        for (int attempts = 0; attempts < 50 && status(id).pending > 0; ++attempts) {
            for (const auto& told : driver_.effects()) fails(told);
            driver_.advance(seconds(60));
        }
    }
};

// It is not dropped: it stays where it is until there is room for it, or its time is over.
TEST_F(NoRoomForTheDead, keeps_what_the_queue_of_dead_letters_does_not_take) {
    const auto id = subscribe("http://a", R"({"_dead_letter_queue":"dead"})");
    post({"1"}, std::chrono::hours(24));
    fail_on_and_on(id);
    EXPECT_EQ(status(id).pending, 1u);
    EXPECT_EQ(status(id).dropped, 0u);
    driver_.must(PopMessages{queue, 1});
    fail_on_and_on(id);
    EXPECT_EQ(status(id).pending, 0u);
    EXPECT_EQ(status(id).dropped, 1u);
    const auto dead =
        driver_.must(ListMessages{{QueueKind::queue, "dead"}, 0, 10, std::nullopt, true, true});
    ASSERT_EQ(dead.messages.size(), 1u);
    EXPECT_EQ(dead.messages[0].body, "1");
}

}  // namespace
}  // namespace signalbox
