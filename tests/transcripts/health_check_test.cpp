#include <gtest/gtest.h>

#include "sim/world.h"
#include "transcript.h"

// Zaqar's health checks while others are in their middle, which a transcript does not come to.

namespace signalbox {
namespace {

const std::vector<std::string> fields{"client-id: 30387f00b39d11ee9ea30242ac120002",
                                      "x-project-id: p", "x-roles: admin"};
const std::string health = request_bytes("GET /v2/health", fields);
const std::string queues =
    request_bytes("GET /api/v1/queues", {"signalbox-tenant: signalbox-health-0", "x-roles: admin"});

class HealthCheckTest : public testing::TestWithParam<int> {
protected:
    HealthCheckTest() : world_(world_options({"zaqar_admin_mode=true"})) {
        EXPECT_TRUE(world_.start());
    }

    std::shared_ptr<SimConnection> ask(const std::string& bytes) {
        auto connection = world_.connect();
        connection->send(bytes);
        return connection;
    }
    std::string answer(const std::shared_ptr<SimConnection>& connection) {
        world_.settle();
        const auto response = connection->responses().take();
        return response ? response->body : "none";
    }

    World world_;
};

TEST_P(HealthCheckTest, does_not_disturb_one_that_began_before) {
    const auto first = ask(health);
    for (int i = 0; i < GetParam(); ++i) world_.step();
    const auto second = ask(health);
    EXPECT_EQ(answer(first).find("false"), std::string::npos);
    EXPECT_EQ(answer(second).find("false"), std::string::npos);
}

TEST_P(HealthCheckTest, leaves_nothing_when_whoever_asked_goes) {
    const auto gone = ask(health);
    for (int i = 0; i < GetParam(); ++i) world_.step();
    gone->cut();
    world_.settle();
    EXPECT_EQ(answer(ask(queues)), "{\"queues\":[]}\n");
}

INSTANTIATE_TEST_SUITE_P(Steps, HealthCheckTest, testing::Range(1, 30));

}  // namespace
}  // namespace signalbox
