#include <future>
#include <set>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "signalbox/client/client.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

class Tickets : public testing::Test {
protected:
    TicketRequest request(const std::string& id) {
        TicketRequest made;
        made.resource = {.scope = "vm", .id = id};
        made.ttl = 1min;
        return made;
    }

    ServerProcess server_;
    Client client_{Options{.url = server_.url()}};
};

TEST_F(Tickets, LiveFromCreationToRelease) {
    const auto first = sure(client_.create_ticket(request("a"))).ticket;
    EXPECT_EQ(first.status, TicketStatus::active);
    EXPECT_EQ(first.token, 1u);
    const auto second = sure(client_.create_ticket(request("a"))).ticket;
    EXPECT_EQ(second.status, TicketStatus::queued);
    EXPECT_EQ(second.position, 1u);
    EXPECT_EQ(second.ahead, 1u);

    auto waiting = std::async(std::launch::async, [&] { return client_.wait_ticket(second.uuid); });
    const auto released = sure(client_.release_ticket(first.uuid, {.token = first.token}));
    EXPECT_EQ(released.status, TicketStatus::finished);
    const auto granted = sure(waiting.get());
    EXPECT_EQ(granted.status, TicketStatus::active);
    EXPECT_EQ(granted.token, 2u);

    EXPECT_TRUE(sure(client_.check_token(second.uuid, 2)).valid);
    const auto check = sure(client_.check_token(second.uuid, 1));
    EXPECT_FALSE(check.valid);
    EXPECT_EQ(check.reason, "token is not the ticket's, which is 2");

    const auto history = sure(client_.ticket_history(first.uuid));
    std::vector<std::string> transitions;
    for (const auto& entry : history.transitions) transitions.push_back(entry.transition);
    EXPECT_EQ(transitions, (std::vector<std::string>{"created", "granted", "released"}));

    for (int i = 0; i < 3; ++i) sure(client_.renew_ticket(second.uuid));
    const auto renewed = sure(client_.ticket_history(second.uuid)).transitions.back();
    EXPECT_EQ(renewed.transition, "renewed");
    EXPECT_EQ(renewed.count, 3u);

    sure(client_.delete_ticket(second.uuid, "not needed"));
    const auto gone = client_.get_ticket(second.uuid);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().status, 404);
    EXPECT_TRUE(gone.error().is("not_found"));
}

TEST_F(Tickets, KeepEveryFieldOfTheirRequest) {
    const auto session = sure(client_.create_session({.name = "worker", .ttl = 1min}));
    TicketRequest full;
    full.resource = {.scope = "vm", .id = "a/b c%"};
    full.more_resources = {
        {.server = "42e66c8e-3fc6-11e3-a7cb-eb7cef96d803", .scope = "disk", .id = "\xc3\xa4"}};
    full.ttl = 90s;
    full.session = session.id;
    full.hold_max = 1h;
    full.slots = 3;
    full.priority = -7;
    full.barge = true;
    full.owner = "me";
    full.action = "reboot";
    full.reqid = "r-1";
    full.extra = R"({"n":1.50,"big":1e300})";
    const auto created = sure(client_.create_ticket(full)).ticket;
    const auto ticket = sure(client_.get_ticket(created.uuid));
    EXPECT_EQ(ticket.resource, full.resource);
    EXPECT_EQ(ticket.resources, (std::vector{full.resource, full.more_resources[0]}));
    EXPECT_EQ(ticket.ttl, 90s);
    EXPECT_EQ(ticket.session, session.id);
    EXPECT_EQ(ticket.hold_max, 1h);
    EXPECT_EQ(ticket.slots, 3u);
    EXPECT_EQ(ticket.priority, -7);
    EXPECT_TRUE(ticket.barge);
    EXPECT_EQ(ticket.owner, "me");
    EXPECT_EQ(ticket.action, "reboot");
    EXPECT_EQ(ticket.reqid, "r-1");
    EXPECT_EQ(*ticket.expires_at - ticket.updated_at, 90s);
    EXPECT_EQ(ticket.granted_at, ticket.updated_at);
    EXPECT_NE(ticket.json.find(R"("n":1.5)"), std::string::npos);

    full.mode = TicketMode::shared;
    full.expires_at = Instant(std::chrono::sys_days(std::chrono::year(2999) / 12 / 31)) + 1ms;
    full.ttl = 0ms;
    const auto other = sure(client_.create_ticket(full)).ticket;
    EXPECT_EQ(other.mode, TicketMode::shared);
    EXPECT_EQ(other.expires_at, full.expires_at);
}

TEST_F(Tickets, AreRefusedWithTheFieldAtFault) {
    auto wrong = request("a");
    wrong.ttl = 0ms;
    const auto refused = client_.create_ticket(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 400);
    EXPECT_TRUE(refused.error().is("invalid_argument"));
    EXPECT_EQ(refused.error().field, "ttl");
    EXPECT_EQ(refused.error().text(), "ttl or expires_at or session is required");

    wrong = request("a");
    wrong.extra = R"({},"priority":9)";
    EXPECT_EQ(client_.create_ticket(wrong).error().field, "extra");
    wrong = request("\xff");
    EXPECT_TRUE(client_.create_ticket(wrong).error().is("invalid_argument"));
    wrong = request("a");
    wrong.idempotency_key = "a\r\nX-Injected: b";
    EXPECT_EQ(client_.create_ticket(wrong).error().field, "Idempotency-Key");
}

TEST_F(Tickets, OfOneIdempotencyKeyAreOne) {
    auto same = request("a");
    same.idempotency_key = "once";
    const auto first = sure(client_.create_ticket(same));
    const auto second = sure(client_.create_ticket(same));
    EXPECT_FALSE(first.replayed);
    EXPECT_TRUE(second.replayed);
    EXPECT_EQ(first.ticket.uuid, second.ticket.uuid);
    same.priority = 1;
    EXPECT_EQ(client_.create_ticket(same).error().status, 422);
}

TEST_F(Tickets, WaitForNoLongerThanTheTimeout) {
    sure(client_.create_ticket(request("a")));
    const auto second = sure(client_.create_ticket(request("a"))).ticket;
    int told = 0;
    const auto waited = sure(client_.wait_ticket(
        second.uuid,
        {.timeout = 50ms, .on_queued = [&](const Ticket&) { ++told; }, .interval = 10ms}));
    EXPECT_EQ(waited.status, TicketStatus::queued);
    EXPECT_GT(told, 0);
}

TEST_F(Tickets, StopWaitingWhenTheyEnd) {
    sure(client_.create_ticket(request("a")));
    const auto second = sure(client_.create_ticket(request("a"))).ticket;
    auto waiting = std::async(std::launch::async, [&] { return client_.wait_ticket(second.uuid); });
    sure(client_.release_ticket(second.uuid, {.force = true, .reason = "no"}));
    const auto ended = waiting.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().status, 409);
}

TEST_F(Tickets, StopWaitingWhenTheCallerSaysSo) {
    sure(client_.create_ticket(request("a")));
    const auto second = sure(client_.create_ticket(request("a"))).ticket;
    std::stop_source source;
    auto waiting = std::async(std::launch::async, [&] {
        return client_.wait_ticket(second.uuid, {}, {.stop = source.get_token()});
    });
    source.request_stop();
    ASSERT_EQ(waiting.wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(waiting.get().error().is("cancelled"));
}

TEST_F(Tickets, AreRenewedWithTheRightToken) {
    const auto ticket = sure(client_.create_ticket(request("a"))).ticket;
    const auto longer = sure(client_.renew_ticket(ticket.uuid, {.ttl = 2min, .token = 1}));
    EXPECT_EQ(longer.ttl, 2min);
    EXPECT_EQ(*longer.expires_at - longer.updated_at, 2min);
    const auto wrong = client_.renew_ticket(ticket.uuid, {.token = 7});
    EXPECT_EQ(wrong.error().status, 409);
    EXPECT_EQ(wrong.error().field, "token");
}

TEST_F(Tickets, AreListedPageByPage) {
    std::vector<std::string> made;
    for (int i = 0; i < 25; ++i) {
        made.push_back(sure(client_.create_ticket(request(std::to_string(i % 5)))).ticket.uuid);
    }
    std::vector<std::string> listed;
    for (const auto& ticket : sure(client_.list_tickets({.page_items = 7}).rest())) {
        listed.push_back(ticket.uuid);
    }
    EXPECT_EQ(listed, made);
    const auto third = sure(client_.list_tickets({.scope = "vm", .id = "3"}).rest());
    EXPECT_EQ(third.size(), 5u);
    const auto active = sure(
        client_.list_tickets({.statuses = {TicketStatus::active}, .newest_first = true}).rest());
    ASSERT_EQ(active.size(), 5u);
    EXPECT_EQ(active.front().uuid, made[4]);
    auto pages = client_.list_tickets({.page_items = 10});
    std::vector<size_t> sizes;
    for (;;) {
        const auto page = sure(pages.next_page());
        if (page.empty()) break;
        sizes.push_back(page.size());
    }
    EXPECT_EQ(sizes, (std::vector<size_t>{10, 10, 5}));
}

TEST_F(Tickets, InADeadlockAreNamed) {
    const auto of = [&](const std::string& id, const std::string& owner) {
        auto made = request(id);
        made.owner = owner;
        return sure(client_.create_ticket(made));
    };
    of("a", "one");
    of("b", "two");
    const auto third = of("b", "one");
    EXPECT_TRUE(third.deadlock.empty());
    const auto fourth = of("a", "two");
    EXPECT_EQ(fourth.deadlock, (std::vector{fourth.ticket.uuid, third.ticket.uuid}));
    const auto deadlocks = sure(client_.deadlocks());
    ASSERT_EQ(deadlocks.size(), 1u);
    EXPECT_EQ(deadlocks[0].tickets.size(), 2u);
}

TEST_F(Tickets, OfAnotherTenantAreNotSeen) {
    const Client other({.url = server_.url(), .tenant = "other"});
    const auto ticket = sure(client_.create_ticket(request("a"))).ticket;
    EXPECT_EQ(other.get_ticket(ticket.uuid).error().status, 404);
    EXPECT_EQ(sure(other.create_ticket(request("a"))).ticket.status, TicketStatus::active);
}

TEST_F(Tickets, AreGivenToManyThreadsAtOnce) {
    constexpr int threads = 8;
    constexpr int rounds = 20;
    std::vector<std::future<std::set<uint64_t>>> workers;
    for (int i = 0; i < threads; ++i) {
        workers.push_back(std::async(std::launch::async, [&] {
            std::set<uint64_t> tokens;
            for (int round = 0; round < rounds; ++round) {
                auto ticket = sure(client_.create_ticket(request("shared"))).ticket;
                ticket = sure(client_.wait_ticket(ticket.uuid));
                tokens.insert(ticket.token);
                sure(client_.release_ticket(ticket.uuid, {.token = ticket.token}));
            }
            return tokens;
        }));
    }
    std::set<uint64_t> all;
    for (auto& worker : workers) all.merge(worker.get());
    EXPECT_EQ(all.size(), static_cast<size_t>(threads * rounds));
}

}  // namespace
}  // namespace signalbox::client
