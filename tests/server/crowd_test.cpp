#include "server/server_fixture.h"

// Ten thousand clients, each with a connection of its own on which it waits.

namespace signalbox {
namespace {

constexpr size_t crowd = 10'000;

class Crowd : public ServerFixture {
protected:
    // Each of the tickets is waited for, on a connection of its own.
    void wait_for_each(const std::vector<std::string>& uuids) {
        waiting_.clear();
        waiting_.reserve(uuids.size());
        for (const auto& uuid : uuids) {
            waiting_.emplace_back(server_.port());
            waiting_.back().send(wait_bytes(uuid));
        }
        Wire(server_.port()).wait_for_metric("signalbox_waiters", uuids.size());
    }

    ServerProcess server_{with(GetParam())};
    std::vector<Wire> waiting_;
};

TEST_P(Crowd, that_waits_for_one_ticket_is_answered_by_one_release) {
    Wire wire(server_.port());
    const auto line = create(wire, "a", 2);
    wait_for_each(std::vector<std::string>(crowd, line[1]));
    EXPECT_EQ(wire.ask(release_bytes(line[0])).status, 204);
    for (auto& each : waiting_) ASSERT_EQ(each.read().status, 204);
    wire.wait_for_metric("signalbox_waiters", 0);
}

TEST_P(Crowd, in_one_line_is_woken_one_by_one) {
    Wire wire(server_.port());
    const auto line = create(wire, "a", crowd + 1);
    wait_for_each({line.begin() + 1, line.end()});
    constexpr size_t releases = 100;
    for (size_t i = 0; i < releases; ++i) {
        ASSERT_EQ(wire.ask(release_bytes(line[i])).status, 204);
        ASSERT_EQ(waiting_[i].read().field("x-ticket-token"), std::to_string(i + 2));
    }
    wire.wait_for_metric("signalbox_waiters", crowd - releases);
    for (size_t i = releases; i < crowd; ++i) ASSERT_FALSE(waiting_[i].has_input()) << i;

    // When its clients go, nothing is left of their waits, and their tickets stay.
    waiting_.clear();
    wire.wait_for_metric("signalbox_waiters", 0);
    wire.wait_for_metric("signalbox_connections", 1);
    wire.wait_for_metric(R"(signalbox_tickets{status="queued"})", crowd - releases);
}

TEST_P(Crowd, is_told_to_come_back_when_the_server_stops) {
    std::vector<std::string> line;
    {
        Wire wire(server_.port());
        line = create(wire, "a", crowd + 1);
    }
    const std::vector<std::string> queued(line.begin() + 1, line.end());
    wait_for_each(queued);
    EXPECT_EQ(server_.terminate(), 0);
    for (auto& each : waiting_) {
        const auto answer = each.read();
        ASSERT_EQ(answer.status, 503);
        ASSERT_FALSE(answer.field("retry-after").empty());
        each.wait_for_end();
    }

    server_.start();
    wait_for_each(queued);
    server_.kill9();
    for (auto& each : waiting_) each.wait_for_end();

    server_.start();
    wait_for_each(queued);
    Wire wire(server_.port());
    EXPECT_EQ(wire.ask(release_bytes(line[0])).status, 204);
    EXPECT_EQ(waiting_[0].read().status, 204);
    wire.wait_for_metric("signalbox_waiters", crowd - 1);
}

INSTANTIATE_TEST_SUITE_P(Modes, Crowd, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
