#include <algorithm>

#include <gtest/gtest.h>

#include "dialect/answer_window.h"
#include "sim/world.h"
#include "transcript.h"
#include "websocket_peer.h"

// How much is under way at a time for one connection, which a transcript does not show.

namespace signalbox {
namespace {

constexpr size_t requests = 40;
const std::vector<std::string> fields{"client-id: 30387f00b39d11ee9ea30242ac120002",
                                      "x-project-id: p"};
const std::string list = "/v2/queues/q/messages?echo=true";

// A server with a queue whose messages make a large answer.
class MemoryTest : public testing::Test {
protected:
    MemoryTest() : world_(world_options({})) {
        EXPECT_TRUE(world_.start());
        const std::string message = R"({"ttl":600,"body":")" + std::string(40'000, 'x') + "\"}";
        auto poster = world_.connect();
        poster->send(request_bytes("POST /v2/queues/q/messages {\"messages\":[" + message + "," +
                                       message + "," + message + "]}",
                                   fields));
        world_.settle();
        EXPECT_EQ(poster->responses().take()->status, 201);
    }

    // The most that came of one step, and all that came.
    struct Arrived {
        size_t at_once = 0;
        size_t at_once_later = 0;
        size_t all = 0;
    };
    template <class Count>
    Arrived count_answers(const Count& count) {
        Arrived arrived;
        bool moved = true;
        while (moved) {
            moved = world_.step();
            const size_t more = count();
            if (arrived.all > 0) arrived.at_once_later = std::max(arrived.at_once_later, more);
            arrived.at_once = std::max(arrived.at_once, more);
            arrived.all += more;
        }
        return arrived;
    }

    World world_;
};

void expect_few_at_once(size_t at_once, size_t at_once_later, size_t all) {
    EXPECT_LE(at_once, AnswerWindow::lengthy_max);
    EXPECT_LE(at_once_later, 1);
    EXPECT_EQ(all, requests);
}

TEST_F(MemoryTest, of_large_answers_on_a_connection_one_is_made_at_a_time) {
    const auto connection = world_.connect();
    for (size_t i = 0; i < requests; ++i) {
        connection->send(request_bytes("GET " + list, fields));
    }
    const auto arrived = count_answers([&] {
        size_t count = 0;
        while (connection->responses().take()) ++count;
        return count;
    });
    expect_few_at_once(arrived.at_once, arrived.at_once_later, arrived.all);
}

TEST_F(MemoryTest, likewise_on_a_websocket) {
    WebSocketPeer peer(world_.connect(DialectSet::only(Dialect::zaqar)), "/v2", {});
    world_.settle();
    EXPECT_EQ(peer.news().size(), 1);
    for (size_t i = 0; i < requests; ++i) {
        peer.send_text(R"({"action":"message_list","headers":{"X-Project-ID":"p","Client-ID":)"
                       R"("30387f00b39d11ee9ea30242ac120002"},"body":{"queue_name":"q",)"
                       R"("echo":true}})");
    }
    const auto arrived = count_answers([&] { return peer.news().size(); });
    expect_few_at_once(arrived.at_once, arrived.at_once_later, arrived.all);
}

}  // namespace
}  // namespace signalbox
