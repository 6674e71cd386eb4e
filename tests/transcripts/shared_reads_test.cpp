#include <gtest/gtest.h>

#include "sim/world.h"
#include "transcript.h"

// Readers of Consul's routes that wait for the same: how often their answer is found out, which a
// transcript does not show.

namespace signalbox {
namespace {

constexpr size_t readers = 40;

class SharedReadsTest : public testing::Test {
protected:
    SharedReadsTest() : world_(world_options({})) {
        EXPECT_TRUE(world_.start());
        // More than one slice of an answer.
        for (int i = 0; i < 6; ++i) put("a/" + std::to_string(i), std::string(400'000, 'x'));
    }

    std::shared_ptr<SimConnection> ask(const std::string& line) {
        auto connection = world_.connect();
        connection->send(request_bytes(line, {}));
        return connection;
    }
    void put(const std::string& key, const std::string& value) {
        const auto connection = ask("PUT /v1/kv/" + key + " " + value);
        world_.settle();
        EXPECT_EQ(connection->responses().take()->status, 200);
    }

    World world_;
};

TEST_F(SharedReadsTest, a_large_answer_is_found_out_once_for_all_who_wait_for_it) {
    std::vector<std::shared_ptr<SimConnection>> parked;
    for (size_t i = 0; i < readers; ++i) {
        parked.push_back(
            ask("GET /v1/kv/a/?recurse&index=" + std::to_string(world_.committed(0).value + 1)));
    }
    world_.settle();
    for (const auto& reader : parked) EXPECT_FALSE(reader->responses().take());
    const auto writer = ask("PUT /v1/kv/a/0 new");
    size_t steps = 0;
    while (world_.step()) ++steps;
    // Each slice is a step.
    EXPECT_LT(steps, readers);
    for (const auto& reader : parked) {
        const auto answer = reader->responses().take();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        EXPECT_NE(answer->body.find("\"bmV3\""), std::string::npos);
        EXPECT_GT(answer->body.size(), 2u << 20);
    }
}

}  // namespace
}  // namespace signalbox
