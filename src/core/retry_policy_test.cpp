#include "core/retry_policy.h"

#include <vector>

#include <gtest/gtest.h>

namespace signalbox {
namespace {

// When attempts are made, in seconds from the first one, when all fail.
std::vector<int64_t> attempts_of(const RetryPolicy& policy) {
    std::vector<int64_t> at{0};
    for (uint32_t failures = 1; const auto delay = policy.delay_after(failures); ++failures) {
        at.push_back(at.back() + std::chrono::duration_cast<std::chrono::seconds>(*delay).count());
    }
    return at;
}

// As the original was seen to do it.
TEST(RetryPolicy, is_by_default_what_zaqar_does) {
    const std::vector<int64_t> seen{0, 0, 0, 0, 5, 10, 15, 20, 30, 45, 65, 90, 120, 150, 180};
    EXPECT_EQ(attempts_of(RetryPolicy()), seen);
    EXPECT_EQ(attempts_of(RetryPolicy::parse("{}")), seen);
    EXPECT_EQ(attempts_of(RetryPolicy::parse(R"({"minimum_delay":null,"maximum_delay":0})")), seen);
}

TEST(RetryPolicy, takes_numbers_from_json) {
    const auto policy = RetryPolicy::parse(
        R"({"retries_with_no_delay":1,"minimum_delay_retries":1,"minimum_delay":10,)"
        R"("maximum_delay":20,"maximum_delay_retries":2,"ignore_subscription_override":true})");
    EXPECT_EQ(attempts_of(policy), (std::vector<int64_t>{0, 0, 10, 20, 35, 55, 75}));
    EXPECT_TRUE(policy.overrides_subscription);
}

TEST(RetryPolicy, grows_from_the_shortest_delay_to_the_longest) {
    for (const auto* growth : {"arithmetic", "geometric", "exponential"}) {
        const auto policy =
            RetryPolicy::parse(std::string(R"({"retry_backoff_function":")") + growth + "\"}");
        Duration last = policy.minimum;
        for (uint32_t i = 0; i < 5; ++i) {
            const auto delay = policy.delay_after(7 + i);
            ASSERT_TRUE(delay) << growth;
            EXPECT_GE(*delay, last) << growth << ' ' << i;
            last = *delay;
        }
        EXPECT_EQ(last, policy.maximum) << growth;
        EXPECT_EQ(policy.delay_after(7), policy.minimum) << growth;
    }
}

// As computed with real numbers, to the millisecond.
TEST(RetryPolicy, grows_by_the_same_factor) {
    const auto policy = RetryPolicy::parse(R"({"retry_backoff_function":"geometric"})");
    const std::vector<int64_t> expected{5000, 7825, 12247, 19168, 30000};
    for (uint32_t i = 0; i < expected.size(); ++i) {
        const auto delay = policy.delay_after(7 + i);
        ASSERT_TRUE(delay);
        EXPECT_NEAR(static_cast<double>(delay->count()), static_cast<double>(expected[i]), 1) << i;
    }
    const auto longest = RetryPolicy::parse(
        R"({"retry_backoff_function":"geometric","minimum_delay":1,"maximum_delay":604800})");
    Duration last = longest.minimum;
    for (uint32_t i = 0; i < 120'959; i += 1000) {
        const auto delay = longest.delay_after(7 + i);
        ASSERT_TRUE(delay);
        EXPECT_GE(*delay, last);
        EXPECT_LE(*delay, longest.maximum);
        last = *delay;
    }
    EXPECT_GT(last, std::chrono::hours(150));
}

// Thousands of attempts back to back would be an attack.
TEST(RetryPolicy, spaces_most_of_what_is_to_have_no_delay) {
    const auto policy = RetryPolicy::parse(R"({"retries_with_no_delay":1000,"minimum_delay":5})");
    using std::chrono::milliseconds;
    EXPECT_EQ(policy.delay_after(8), milliseconds(0));
    EXPECT_EQ(policy.delay_after(9), milliseconds(100));
    EXPECT_EQ(policy.delay_after(10), milliseconds(200));
    EXPECT_EQ(policy.delay_after(1000), policy.minimum);
    EXPECT_EQ(policy.delay_after(1001), policy.minimum);
}

TEST(RetryPolicy, bounds_what_is_absurd) {
    const auto policy = RetryPolicy::parse(
        R"({"retries_with_no_delay":99999999999,"maximum_delay":99999999999,"minimum_delay":"x"})");
    EXPECT_EQ(policy.retries_at_once, 10'000u);
    EXPECT_EQ(policy.maximum, std::chrono::days(7));
    EXPECT_EQ(policy.minimum, std::chrono::seconds(5));
}

}  // namespace
}  // namespace signalbox
