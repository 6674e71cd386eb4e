#include <fmt/format.h>

#include "server/server_fixture.h"

// Many messages in, a crash, and all of them out again: script/bench does the same with ten
// million.

namespace signalbox {
namespace {

constexpr size_t messages = 200'000;
constexpr size_t batch = 100;
constexpr size_t claim = 20;  // what Zaqar allows at once
constexpr std::string_view identity =
    "Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\nX-Project-ID: import\r\n";

std::string zaqar(std::string_view method, std::string_view target, std::string_view body = {}) {
    return request_bytes(method, fmt::format("/v2/queues/import/{}", target), body, identity);
}

// The numbers from `first` on, one a message.
std::string post_bytes(size_t first) {
    std::string body = R"({"messages":[)";
    for (size_t i = 0; i < batch; ++i) {
        body += fmt::format(R"({}{{"body":{}}})", i == 0 ? "" : ",", first + i);
    }
    return zaqar("POST", "messages", body + "]}");
}

std::vector<std::string> posts(size_t first, size_t end) {
    std::vector<std::string> requests;
    for (; first < end; first += batch) requests.push_back(post_bytes(first));
    return requests;
}

class Import : public ServerFixture {
protected:
    void post(size_t first, size_t end) {
        Wire wire(server_.port());
        for (const auto& answer : wire.ask(posts(first, end), 20)) ASSERT_EQ(answer.status, 201);
    }

    void crash() {
        server_.kill9();
        server_.start();
    }

    size_t total() {
        Wire wire(server_.port());
        const auto stats = wire.ask(zaqar("GET", "stats"));
        return Json::parse(stats.body).at("messages").at("total").get<size_t>();
    }

    // Takes so many out by claims that are sent behind each other, and expects the numbers from
    // `first` on, each once and in their order.
    void drain(size_t first, size_t count) {
        Wire wire(server_.port());
        for (size_t number = first; number < first + count;) {
            const size_t claims = std::min<size_t>(100, (first + count - number) / claim);
            ASSERT_GT(claims, 0u);
            const std::vector<std::string> requests(
                claims, zaqar("POST", fmt::format("claims?limit={}", claim), "{}"));
            std::vector<std::string> deletions;
            for (const auto& answer : wire.ask(requests)) {
                ASSERT_EQ(answer.status, 201) << answer.body;
                std::string ids;
                const auto body = Json::parse(answer.body);
                for (const auto& message : body.at("messages")) {
                    ASSERT_EQ(message.at("body"), number++);
                    ids += (ids.empty() ? "" : ",") + message.at("id").get<std::string>();
                }
                deletions.push_back(zaqar("DELETE", "messages?ids=" + ids));
            }
            for (const auto& answer : wire.ask(deletions)) ASSERT_EQ(answer.status, 204);
        }
    }

    // Small segments and checkpoints, so that the crash meets some of each.
    ServerProcess server_{
        with(GetParam(), {"--segment-bytes", "4MiB", "--checkpoint-bytes", "8MiB"})};
};

TEST_P(Import, comes_out_whole_once_and_in_order_after_a_crash) {
    post(0, messages);
    {
        // Some that are still under way, behind one that is answered.
        Wire wire(server_.port());
        for (const auto& request : posts(messages, messages + 20 * batch)) wire.send(request);
        ASSERT_EQ(wire.read().status, 201);
        crash();
    }
    const size_t kept = total();
    ASSERT_GE(kept, messages + batch);
    ASSERT_LE(kept, messages + 20 * batch);
    // A post is there as a whole or not at all.
    EXPECT_EQ(kept % batch, 0u);

    drain(0, messages / 2);
    crash();
    EXPECT_EQ(total(), kept - messages / 2);
    drain(messages / 2, kept - messages / 2);
    EXPECT_EQ(total(), 0u);
    Wire wire(server_.port());
    EXPECT_EQ(wire.ask(zaqar("POST", "claims", "{}")).status, 204);
}

INSTANTIATE_TEST_SUITE_P(Modes, Import, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
