#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine_driver.h"

namespace signalbox {
namespace {

// So many streams end at once when a network breaks, or the server stops. One by one they would
// take minutes if each looked for its place among the others.
TEST(Feed, lets_a_hundred_thousand_streams_of_one_topic_go_at_once) {
    constexpr uint64_t streams = 100'000;
    EngineDriver driver;
    for (uint64_t i = 0; i < streams; ++i) driver.must(SubscribeFeed{{Topic(1)}});
    const RequestId last = driver.last_request();
    EXPECT_EQ(driver.engine().statistics().subscribers, streams);
    // The oldest first, which stand in front.
    for (uint64_t i = 0; i < streams; ++i) {
        driver.engine().cancel(RequestId(last.value - streams + 1 + i), driver.clock().now());
    }
    EXPECT_EQ(driver.engine().statistics().subscribers, 0u);
    driver.engine().check(driver.clock().now());
}

TEST(Feed, still_serves_those_that_stay_when_others_go) {
    EngineDriver driver;
    std::vector<RequestId> streams;
    for (uint64_t i = 0; i < 10; ++i) {
        driver.must(SubscribeFeed{{make_topic("sessions")}});
        streams.push_back(driver.last_request());
    }
    for (const size_t gone : {0u, 9u, 4u, 5u}) {
        driver.engine().cancel(streams[gone], driver.clock().now());
        driver.engine().check(driver.clock().now());
    }
    driver.must(CreateSession{"name", std::chrono::seconds(10), {}, {}});
    std::set<uint64_t> served;
    for (const auto& delivery : driver.delivered()) served.insert(delivery.subscriber.value);
    std::set<uint64_t> expected;
    for (const size_t stays : {1u, 2u, 3u, 6u, 7u, 8u}) expected.insert(streams[stays].value);
    EXPECT_EQ(served, expected);
}

// Only names that something was written for are tenants; the others leave no trace.
TEST(Tenants, are_not_made_by_what_is_refused_or_only_asked) {
    CoreLimits limits;
    limits.tenants_max = 3;
    EngineDriver driver(limits);
    const auto ask = [&](const std::string& tenant, CommandBody body) {
        driver.run(Command{RequestId(driver.last_request().value + 1'000'000),
                           tenant,
                           {"test", {}},
                           std::move(body)});
        driver.engine().cancel(RequestId(driver.last_request().value + 1'000'000),
                               driver.clock().now());
    };
    for (int i = 0; i < 1000; ++i) {
        const std::string name = "tenant-" + std::to_string(i);
        ask(name, CreateSession{"name", Duration(1), {}, {}});  // refused: too short
        ask(name, SubscribeFeed{{make_topic("sessions")}});
        ask(name, ListSessions{{}, 10});
        driver.engine().check(driver.clock().now());
    }
    EXPECT_EQ(driver.engine().statistics().tenants, 0u);
    for (const std::string name : {"a", "b", "c", "d"}) {
        ask(name, CreateSession{"name", std::chrono::seconds(10), {}, {}});
    }
    EXPECT_EQ(driver.engine().statistics().tenants, 3u);
    driver.restart();
    EXPECT_EQ(driver.engine().statistics().tenants, 3u);
}

}  // namespace
}  // namespace signalbox
