#include <algorithm>
#include <random>
#include <set>

#include "server/server_fixture.h"

// Who is next, when everybody comes at once: order, exactly one transition, no lost wake-up. Time
// is not looked at; a wake-up that is lost is an answer that never comes.

namespace signalbox {
namespace {

class Order : public ServerFixture {
protected:
    ServerProcess server_{with(GetParam())};
    Wire wire_{server_.port()};
};

TEST_P(Order, of_a_thousand_that_came_at_once_is_that_of_all_listings_and_of_the_grants) {
    constexpr size_t clients = 20;
    constexpr size_t each = 50;
    std::vector<Wire> wires;
    for (size_t i = 0; i < clients; ++i) wires.emplace_back(server_.port());
    std::string bytes;
    for (size_t i = 0; i < each; ++i) bytes += create_bytes("a");
    for (auto& wire : wires) wire.send(bytes);
    std::set<std::string> made;
    for (auto& wire : wires) {
        for (size_t i = 0; i < each; ++i) made.insert(uuid_of(wire.read()));
    }
    ASSERT_EQ(made.size(), clients * each);

    const auto line =
        Json::parse(wire_.get("/api/v1/lines/default/vm/a/tickets?limit=1000")).at("tickets");
    const auto listed = Json::parse(wire_.get("/api/v1/tickets?limit=1000")).at("tickets");
    ASSERT_EQ(line.size(), clients * each);
    ASSERT_EQ(listed.size(), clients * each);
    std::vector<std::string> releases;
    for (size_t i = 0; i < line.size(); ++i) {
        EXPECT_EQ(line[i].at("uuid"), listed[i].at("uuid"));
        releases.push_back(request_bytes(
            "POST", "/api/v1/tickets/" + line[i].at("uuid").get<std::string>() + "/release"));
    }
    // A ticket that is released without having been active has no token.
    uint64_t token = 0;
    for (const auto& released : wire_.ask(releases)) {
        const auto ticket = Json::parse(released.body);
        EXPECT_EQ(ticket.value("token", uint64_t{0}), token + 1);
        ++token;
    }
    wire_.wait_for_metric(R"(signalbox_ticket_transitions_total{transition="granted"})",
                          clients * each);
}

// Holders whose time is over about when they are released, and one behind each of them.
TEST_P(Order, holds_when_tickets_expire_and_are_released_at_once) {
    constexpr size_t rounds = 50;
    constexpr size_t lines = 200;
    std::mt19937 random(7);
    std::vector<std::string> next;
    for (size_t round = 0; round < rounds; ++round) {
        std::vector<std::string> creates;
        for (size_t i = 0; i < lines; ++i) {
            const std::string line = std::to_string(round * lines + i);
            creates.push_back(create_bytes(line, std::to_string(1 + random() % 40) + "ms"));
            creates.push_back(create_bytes(line));
        }
        const auto uuids = uuids_of(wire_.ask(creates));
        std::vector<std::string> releases;
        for (size_t i = 0; i < lines; ++i) {
            releases.push_back(release_bytes(uuids[2 * i]));
            next.push_back(uuids[2 * i + 1]);
        }
        for (const auto& released : wire_.ask(releases)) ASSERT_EQ(released.status, 204);
    }
    std::vector<std::string> waits;
    for (const auto& uuid : next) waits.push_back(wait_bytes(uuid));
    std::set<std::string> tokens;
    for (const auto& waited : wire_.ask(waits)) {
        ASSERT_EQ(waited.status, 204);
        tokens.insert(waited.field("x-ticket-token"));
    }
    // Nobody was granted twice, and nobody has the token of another.
    EXPECT_EQ(tokens.size(), rounds * lines);
    wire_.wait_for_metric(R"(signalbox_ticket_transitions_total{transition="granted"})",
                          2 * rounds * lines);
    wire_.wait_for_metric(R"(signalbox_tickets{status="active"})", rounds * lines);
    wire_.wait_for_metric(R"(signalbox_tickets{status="queued"})", 0);
}

// In each round, each line's holder lets go, its next one is waited for, and another one comes,
// on connections of their own and in random order.
TEST_P(Order, loses_no_wake_up) {
    constexpr size_t rounds = 100;
    constexpr size_t lines = 100;
    std::mt19937 random(7);
    Wire waiting(server_.port());
    Wire creating(server_.port());
    std::vector<std::string> creates;
    for (size_t i = 0; i < lines; ++i) creates.push_back(create_bytes(std::to_string(i)));
    auto holders = uuids_of(wire_.ask(creates));
    auto next = uuids_of(wire_.ask(creates));
    for (size_t round = 0; round < rounds; ++round) {
        std::vector<std::string> releases;
        std::vector<std::string> waits;
        for (size_t i = 0; i < lines; ++i) {
            releases.push_back(release_bytes(holders[i]));
            waits.push_back(wait_bytes(next[i]));
        }
        std::shuffle(releases.begin(), releases.end(), random);
        std::shuffle(waits.begin(), waits.end(), random);
        // Piece by piece, so that either may be far ahead of the other.
        struct Part {
            Wire& wire;
            const std::vector<std::string>& requests;
            size_t sent = 0;
        };
        std::vector<Part> parts{{wire_, releases}, {waiting, waits}, {creating, creates}};
        while (!parts.empty()) {
            const size_t which = random() % parts.size();
            Part& part = parts[which];
            std::string bytes;
            for (size_t n = 1 + random() % lines; n > 0 && part.sent < lines; --n) {
                bytes += part.requests[part.sent++];
            }
            part.wire.send(bytes);
            if (part.sent < lines) continue;
            std::vector<Part> left;
            for (size_t i = 0; i < parts.size(); ++i) {
                if (i != which) left.push_back(parts[i]);
            }
            std::swap(parts, left);
        }
        holders = std::move(next);
        next.clear();
        for (size_t i = 0; i < lines; ++i) {
            ASSERT_EQ(wire_.read().status, 204);
            ASSERT_EQ(waiting.read().status, 204);
            next.push_back(uuid_of(creating.read()));
        }
    }
    wire_.wait_for_metric("signalbox_waiters", 0);
    wire_.wait_for_metric(R"(signalbox_tickets{status="active"})", lines);
}

TEST_P(Order, is_kept_by_ten_deletes_and_ten_releases_at_once) {
    std::vector<Wire> wires;
    for (size_t i = 0; i < 10; ++i) wires.emplace_back(server_.port());
    const auto line = create(wire_, "a", 4);
    for (auto& wire : wires) wire.send(delete_bytes(line[0]));
    std::multiset<int> statuses;
    for (auto& wire : wires) statuses.insert(wire.read().status);
    EXPECT_EQ(statuses.count(204), 1u);
    EXPECT_EQ(statuses.count(404), 9u);
    EXPECT_EQ(status_of(wire_, line[1]), "active");
    EXPECT_EQ(status_of(wire_, line[2]), "queued");

    for (auto& wire : wires) wire.send(release_bytes(line[1]));
    for (auto& wire : wires) EXPECT_EQ(wire.read().status, 204);
    EXPECT_EQ(status_of(wire_, line[2]), "active");
    EXPECT_EQ(status_of(wire_, line[3]), "queued");
    wire_.wait_for_metric(R"(signalbox_ticket_transitions_total{transition="granted"})", 3);
}

INSTANTIATE_TEST_SUITE_P(Modes, Order, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
