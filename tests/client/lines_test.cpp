#include <future>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "signalbox/client/client.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

class Lines : public testing::Test {
protected:
    Ticket create(const Resource& resource) {
        TicketRequest request;
        request.resource = resource;
        request.ttl = 1min;
        return sure(client_.create_ticket(request)).ticket;
    }

    ServerProcess server_;
    Client client_{Options{.url = server_.url()}};
};

TEST_F(Lines, ShowTheirTicketsAndTheirSettings) {
    const Resource resource{.scope = "vm", .id = "../x y"};
    const auto first = create(resource);
    const auto second = create(resource);
    const auto third = create(resource);
    auto line = sure(client_.get_line(resource));
    EXPECT_EQ(line.resource, resource);
    EXPECT_EQ(line.holders, 1u);
    EXPECT_EQ(line.queued, 2u);
    EXPECT_EQ(line.oldest_queued_at, second.created_at);

    line = sure(client_.set_line(resource, {.slots = 2, .paused = true, .reason = "wait"}));
    EXPECT_EQ(line.slots, 2u);
    EXPECT_TRUE(line.paused);
    EXPECT_EQ(line.reason, "wait");
    const auto tickets = sure(client_.line_tickets(resource, 2, 1));
    EXPECT_EQ(tickets.total, 3u);
    ASSERT_EQ(tickets.tickets.size(), 2u);
    EXPECT_EQ(tickets.tickets[0].uuid, second.uuid);
    EXPECT_EQ(tickets.tickets[0].position, 1u);
    EXPECT_EQ(tickets.tickets[1].uuid, third.uuid);

    sure(client_.set_line(resource, {.paused = false}));
    EXPECT_EQ(sure(client_.get_ticket(second.uuid)).status, TicketStatus::active);
    EXPECT_EQ(sure(client_.get_ticket(third.uuid)).position, 1u);
}

TEST_F(Lines, OfOddNamesAreTold) {
    for (const auto* name : {".", "..", "a/b", "?", "%2F", "#", "\xe2\x82\xac", " "}) {
        const Resource resource{.scope = name, .id = name};
        const auto ticket = create(resource);
        EXPECT_EQ(sure(client_.get_line(resource)).holders, 1u) << name;
        EXPECT_EQ(sure(client_.line_tickets(resource)).tickets.at(0).uuid, ticket.uuid) << name;
    }
}

TEST_F(Lines, AreListedPageByPage) {
    const std::string server = "42e66c8e-3fc6-11e3-a7cb-eb7cef96d803";
    for (int i = 0; i < 12; ++i) {
        create({.scope = "s/" + std::to_string(i), .id = "&=+"});
        create({.server = server, .scope = "s", .id = std::to_string(i)});
    }
    EXPECT_EQ(sure(client_.list_lines({.page_items = 5}).rest()).size(), 24u);
    const auto of_server = sure(client_.list_lines({.server = server, .page_items = 5}).rest());
    ASSERT_EQ(of_server.size(), 12u);
    EXPECT_EQ(of_server.front().resource.server, server);
}

class Sessions : public Lines {};

TEST_F(Sessions, LiveByRenewal) {
    const auto session = sure(client_.create_session({.name = "worker", .ttl = 1min, .grace = 3s}));
    EXPECT_EQ(session.name, "worker");
    EXPECT_EQ(session.ttl, 1min);
    EXPECT_EQ(session.grace, 3s);
    EXPECT_GT(*session.ends_in, 50s);
    EXPECT_EQ(sure(client_.renew_session(session.id)).id, session.id);
    EXPECT_EQ(sure(client_.get_session(session.id)).tickets, 0u);
    EXPECT_EQ(sure(client_.list_sessions(1).rest()).size(), 1u);
    sure(client_.end_session(session.id));
    EXPECT_EQ(client_.get_session(session.id).error().status, 404);
}

TEST_F(Sessions, LiveByAConnectionOverARestart) {
    const auto session = sure(client_.create_session({.ttl = 1min, .grace = 1min}));
    std::mutex mutex;
    std::condition_variable changed;
    int held = 0;
    auto holding = std::async(std::launch::async, [&] {
        return client_.hold_session(session.id, [&](const Session& seen) {
            EXPECT_EQ(seen.id, session.id);
            const std::lock_guard lock(mutex);
            ++held;
            changed.notify_all();
        });
    });
    const auto wait_until_held = [&](int times) {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return held == times; }));
    };
    wait_until_held(1);
    EXPECT_EQ(server_.terminate(), 0);
    server_.start();
    wait_until_held(2);
    server_.kill9();
    server_.start();
    wait_until_held(3);
    sure(client_.end_session(session.id));
    EXPECT_EQ(sure(holding.get()), "ended by its client");
}

TEST_F(Sessions, ThatAreUnknownAreNotHeld) {
    const auto refused = client_.hold_session("42e66c8e-3fc6-11e3-a7cb-eb7cef96d803");
    EXPECT_EQ(refused.error().status, 404);
}

TEST_F(Sessions, AreLetGoWhenTheCallerSaysSo) {
    const auto session = sure(client_.create_session({.ttl = 1min, .grace = 1min}));
    std::stop_source source;
    const auto stopped = client_.hold_session(
        session.id, [&](const Session&) { source.request_stop(); }, {.stop = source.get_token()});
    EXPECT_TRUE(stopped.error().is("cancelled"));
    EXPECT_EQ(sure(client_.get_session(session.id)).id, session.id);
}

}  // namespace
}  // namespace signalbox::client
