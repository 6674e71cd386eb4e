#include <gtest/gtest.h>

#include "server/wire.h"
#include "sim/world.h"

// A hundred thousand tickets that are over without anybody having noticed, in front of one that is
// not; and what is kept of them. Only a virtual clock can make so many die in the same instant.

namespace signalbox {
namespace {

using namespace std::chrono_literals;

class DeadEntries : public testing::Test {
protected:
    static constexpr size_t count = 100'000;

    DeadEntries() {
        EXPECT_TRUE(world_.start());
        client_ = world_.connect();
        holder_ = create("3000");
        dead_ = create("2026-01-01T01:00:00");
        for (size_t made = 0; made < count; made += 100) {
            for (size_t i = 0; i < 100; ++i) client_->send(create_bytes("2026-01-01T01:00:00"));
            world_.settle();
            for (size_t i = 0; i < 100; ++i) {
                const auto created = client_->responses().take().value();
                EXPECT_EQ(created.status, 201);
                last_dead_ = member(created.body, "uuid");
            }
        }
        live_ = create("3000");
        EXPECT_EQ(status_of(live_), "queued");
    }

    static std::string create_bytes(const std::string& expires_at) {
        return request_bytes("POST", "/api/v1/tickets",
                             R"({"scope":"vm","id":"a","expires_at":")" + expires_at + "\"}");
    }
    SimResponse ask(const std::string& bytes) {
        client_->send(bytes);
        world_.settle();
        return client_->responses().take().value();
    }
    static std::string member(const std::string& json, const std::string& name) {
        const size_t begin = json.find("\"" + name + "\":\"") + name.size() + 4;
        return json.substr(begin, json.find('"', begin) - begin);
    }
    std::string create(const std::string& expires_at) {
        return member(ask(create_bytes(expires_at)).body, "uuid");
    }
    std::string status_of(const std::string& uuid) {
        return member(ask(request_bytes("GET", "/api/v1/tickets/" + uuid)).body, "status");
    }

    static World::Options options() {
        World::Options options;
        options.segment_bytes = 64u << 20;
        options.checkpoint_bytes = 128u << 20;
        options.core.ticket.ended_max = 1000;
        return options;
    }

    World world_{options()};
    std::shared_ptr<SimConnection> client_;
    std::string holder_;
    std::string dead_;  // the first of them
    std::string last_dead_;
    std::string live_;
};

TEST_F(DeadEntries, are_skipped_when_the_calendar_is_set_behind_them) {
    const auto waiting = world_.connect();
    waiting->send(request_bytes("GET", "/tickets/" + live_ + "/wait"));
    world_.settle();
    world_.clock().step_wall(2h);
    EXPECT_EQ(ask(request_bytes("PUT", "/tickets/" + holder_ + "/release")).status, 204);
    const auto waited = waiting->responses().take();
    ASSERT_TRUE(waited);
    EXPECT_EQ(waited->status, 204);
    EXPECT_EQ(waited->field("x-ticket-token"), "2");
    EXPECT_EQ(status_of(live_), "active");
    world_.check();
}

TEST_F(DeadEntries, are_forgotten_in_time_but_for_the_youngest) {
    world_.clock().step_wall(2h);
    world_.advance(1min);
    EXPECT_EQ(ask(request_bytes("GET", "/api/v1/tickets/" + dead_)).status, 404);
    EXPECT_EQ(status_of(last_dead_), "expired");
    // Those that live are not hidden behind the others, and are no part of their number.
    const auto listed = ask(request_bytes("GET", "/servers/default/tickets?limit=1000")).body;
    EXPECT_NE(listed.find(holder_), std::string::npos);
    const auto all = ask(request_bytes("GET", "/servers/default/tickets?limit=1000&offset=1000"));
    const std::string rest = all.body;
    EXPECT_NE(rest.find(live_), std::string::npos);
    size_t shown = 0;
    for (size_t at = rest.find(R"("status")"); at != std::string::npos; ++shown) {
        at = rest.find(R"("status")", at + 1);
    }
    EXPECT_EQ(shown, 2u);
    world_.check();
}

TEST_F(DeadEntries, are_over_before_the_first_answer_when_they_die_while_the_server_is_down) {
    world_.crash();
    world_.clock().step_wall(2h);
    ASSERT_TRUE(world_.start());
    client_ = world_.connect();
    EXPECT_EQ(status_of(dead_), "expired");
    EXPECT_EQ(ask(request_bytes("PUT", "/tickets/" + holder_ + "/release")).status, 204);
    EXPECT_EQ(status_of(live_), "active");
    const auto line = ask(request_bytes("GET", "/api/v1/lines/default/vm/a")).body;
    EXPECT_NE(line.find(R"("holders":1,"queued":0)"), std::string::npos) << line;
    world_.check();
}

}  // namespace
}  // namespace signalbox
