#include <gtest/gtest.h>

#include "core/retry_policy.h"
#include "tests/model/subscription_steps.h"

// What becomes of a subscription while it is told something. Whoever tells it says afterwards how
// that went; of what it is by then, that says nothing.

namespace signalbox {
namespace {

using std::chrono::seconds;

class SubscriptionChanges : public SubscriptionSteps {
protected:
    explicit SubscriptionChanges(CoreLimits limits = {}) : SubscriptionSteps(limits) {}

    void confirm(const SubscriptionId& id, bool is_confirmed) {
        driver_.must(ConfirmSubscription{queue, id, is_confirmed});
    }
    void move_to(const SubscriptionId& id, const std::string& subscriber) {
        driver_.must(UpdateSubscription{queue, id, subscriber, {}, {}});
    }
    SubscriptionId subscribe_confirmed() {
        const auto id = subscribe("http://a", "{}", true);
        report(effect(), 1);
        confirm(id, true);
        return id;
    }
    void says_it_is_gone(const Effect& told) {
        report(told, 0, ReportDelivery::Failure{"410", {}, true});
    }
};

TEST_F(SubscriptionChanges, confirmed_anew_is_told_only_of_what_comes) {
    const auto id = subscribe_confirmed();
    post({"1"});
    const auto told = effect();
    confirm(id, false);
    confirm(id, true);
    report(told, 1);
    EXPECT_EQ(status(id).pending, 0u);
    EXPECT_TRUE(driver_.effects().empty());
}

TEST_F(SubscriptionChanges, confirmed_anew_misses_nothing_of_what_came_since) {
    const auto id = subscribe_confirmed();
    post({"1", "2"});
    const auto told = effect();
    confirm(id, false);
    confirm(id, true);
    post({"3", "4"});
    report(told, 2);
    EXPECT_EQ(bodies_of(effect()), (Bodies{"3", "4"}));
}

TEST_F(SubscriptionChanges, confirmed_anew_begins_its_attempts_anew) {
    const auto id = subscribe_confirmed();
    post({"1"});
    auto told = effect();
    for (int i = 0; i < 14; ++i) {
        fails(told);
        driver_.advance(seconds(60));
        told = effect();
    }
    confirm(id, false);
    confirm(id, true);
    fails(told);
    EXPECT_EQ(status(id).failures, 0u);
    EXPECT_EQ(status(id).dropped, 0u);
}

TEST_F(SubscriptionChanges, asks_the_new_address_whatever_the_old_one_said) {
    const auto id = subscribe("http://a", "{}", true);
    const auto asked = effect();
    move_to(id, "http://b");
    report(asked, 1);
    const auto next = effect();
    EXPECT_EQ(next.kind, Effect::Kind::confirmation);
    EXPECT_EQ(next.subscriber, "http://b");
}

TEST_F(SubscriptionChanges, says_goodbye_although_it_was_being_asked) {
    const auto id = subscribe("http://a", "{}", true);
    const auto asked = effect();
    confirm(id, false);
    report(asked, 1);
    EXPECT_EQ(effect().kind, Effect::Kind::unsubscription);
}

TEST_F(SubscriptionChanges, the_new_address_is_not_gone_with_the_old_one) {
    const auto id = subscribe("http://a");
    post({"1"});
    const auto told = effect();
    move_to(id, "http://b");
    says_it_is_gone(told);
    EXPECT_FALSE(status(id).is_gone);
    const auto next = effect();
    EXPECT_EQ(next.subscriber, "http://b");
    EXPECT_EQ(bodies_of(next), Bodies{"1"});
}

TEST_F(SubscriptionChanges, the_new_address_has_all_its_attempts) {
    const auto id = subscribe("http://a");
    post({"1"});
    const auto told = effect();
    move_to(id, "http://b");
    fails(told);
    EXPECT_EQ(status(id).failures, 0u);
    EXPECT_EQ(effect().attempt, 1u);
}

TEST_F(SubscriptionChanges, are_counted) {
    const auto statistics = [&] { return driver_.engine().statistics().queues; };
    const auto id = subscribe("http://a");
    subscribe("http://b");
    post({"1", "2"});
    EXPECT_EQ(statistics().subscriptions_now, 2u);
    EXPECT_EQ(statistics().notifications_pending, 4u);
    auto both = driver_.effects();
    ASSERT_EQ(both.size(), 2u);
    report(both[0], 1, ReportDelivery::Failure{"no", seconds(100), false});
    EXPECT_EQ(statistics().notifications_pending, 3u);
    EXPECT_EQ(statistics().deliveries.delivered, 1u);
    EXPECT_EQ(statistics().deliveries.failed, 1u);
    driver_.restart();
    EXPECT_EQ(statistics().notifications_pending, 3u);
    driver_.must(DeleteSubscription{queue, id});
    driver_.must(PurgeSubscriptions{queue});
    EXPECT_EQ(statistics().notifications_pending, 0u);
}

class OneAtATime : public SubscriptionChanges {
protected:
    OneAtATime() : SubscriptionChanges(one()) {}
    static CoreLimits one() {
        CoreLimits limits;
        limits.subscription.windows_max = 1;
        return limits;
    }
};

// What it waited for is over with what it waited in.
TEST_F(OneAtATime, waits_for_nothing_once_it_is_to_be_told_at_once) {
    const auto id = subscribe("http://a");
    post({"1"});
    fails(effect(), seconds(100));
    subscribe("http://b");
    post({"2"});
    const auto other = effect();
    driver_.must(UpdateSubscription{queue, id, {}, seconds(600), {}});
    EXPECT_FALSE(status(id).next_attempt_at);
    post({"3"});
    report(other, 1);
    for (int turns = 0; turns < 5; ++turns) {
        for (const auto& told : driver_.effects()) report(told, told.notifications.size());
    }
    EXPECT_EQ(status(id).pending, 0u);
}

TEST_F(SubscriptionChanges, to_be_told_at_once_is_kept_over_a_restart) {
    const auto id = subscribe("http://a");
    post({"1"});
    fails(effect(), seconds(100));
    driver_.must(UpdateSubscription{queue, id, {}, seconds(600), {}});
    driver_.restart();
    driver_.fire_due();
    EXPECT_EQ(effect().attempt, 2u);
}

// The calendar may be set; a pause is not longer or shorter for that.
TEST_F(SubscriptionChanges, pauses_are_measured) {
    subscribe("http://a");
    post({"1"});
    fails(effect(), seconds(100));
    driver_.clock().step_wall(-std::chrono::hours(5));
    driver_.advance(seconds(99));
    EXPECT_TRUE(driver_.effects().empty());
    driver_.advance(seconds(1));
    EXPECT_EQ(bodies_of(effect()), Bodies{"1"});
}

TEST_F(SubscriptionChanges, no_pause_is_longer_for_a_calendar_that_was_set_back) {
    const auto id = subscribe("http://a");
    post({"1"}, std::chrono::hours(10'000));
    fails(effect(), seconds(100));
    driver_.clock().step_wall(-std::chrono::hours(1000));
    driver_.restart();
    EXPECT_EQ(status(id).next_attempt_at, driver_.clock().now().wall + RetryPolicy::pause_max);
}

// A ttl that is renewed is nothing to what is under way.
TEST_F(SubscriptionChanges, a_report_counts_for_what_is_only_renewed) {
    const auto id = subscribe("http://a");
    post({"1"});
    const auto told = effect();
    driver_.must(UpdateSubscription{queue, id, "http://a", seconds(600), R"({"a":1})"});
    report(told, 1);
    EXPECT_EQ(status(id).delivered, 1u);
    EXPECT_TRUE(driver_.effects().empty());
}

}  // namespace
}  // namespace signalbox
