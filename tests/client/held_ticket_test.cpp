#include "signalbox/client/held_ticket.h"

#include <future>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

class HeldTickets : public testing::Test {
protected:
    static TicketRequest request(Duration ttl = 30s) {
        TicketRequest made;
        made.resource = {.scope = "vm", .id = "a"};
        made.ttl = ttl;
        return made;
    }
    HeldTicket acquire(const TicketRequest& wanted, AcquireOptions options = {}) {
        return sure(HeldTicket::acquire(client_, wanted, options));
    }
    // Follows the ticket until so many events of the type have happened.
    void wait_for(const std::string& uuid, const std::string& type, int count) {
        FollowOptions from_its_creation;
        from_its_creation.cursor = cursor_;
        from_its_creation.call.deadline = std::chrono::steady_clock::now() + 60s;
        sure(client_.follow(
            {.ticket = uuid}, [&](const Event& event) { return event.type != type || --count > 0; },
            from_its_creation));
    }
    void SetUp() override {
        sure(client_.follow({}, [&](const Event& event) {
            cursor_ = event.cursor;
            return false;
        }));
    }

    ServerProcess server_;
    Client client_{Options{.url = server_.url()}};
    std::string cursor_;  // before everything
};

TEST_F(HeldTickets, AreReleasedWhenTheyGoOutOfScope) {
    std::string uuid;
    {
        auto held = acquire(request());
        uuid = held.uuid();
        EXPECT_EQ(held.token(), 1u);
        EXPECT_FALSE(held.lost());
        EXPECT_GT(held.remaining(), 20s);
        EXPECT_LE(held.remaining(), 30s);
        const auto moved = std::move(held);
        EXPECT_EQ(moved.ticket().status, TicketStatus::active);
    }
    EXPECT_EQ(sure(client_.get_ticket(uuid)).status, TicketStatus::finished);
}

TEST_F(HeldTickets, AreReleasedOnceWithAReason) {
    auto held = acquire(request());
    EXPECT_EQ(sure(held.release("done")).reason, "done");
    EXPECT_EQ(sure(held.release()).reason, "done");
    EXPECT_EQ(held.remaining(), 0ms);
    EXPECT_FALSE(held.lost());
}

TEST_F(HeldTickets, AreRenewedAtAThirdOfTheirTtl) {
    const auto started = std::chrono::steady_clock::now();
    const auto held = acquire(request(1500ms));
    wait_for(held.uuid(), "ticket.renewed", 4);
    EXPECT_GE(std::chrono::steady_clock::now() - started, 2s);
    EXPECT_FALSE(held.lost());
    EXPECT_EQ(sure(client_.get_ticket(held.uuid())).status, TicketStatus::active);
}

TEST_F(HeldTickets, AreRenewedWhileTheyWait) {
    auto first = acquire(request());
    std::promise<std::string> created;
    AcquireOptions options;
    options.on_created = [&](const CreatedTicket& made) { created.set_value(made.ticket.uuid); };
    auto second = std::async(std::launch::async, [&] { return acquire(request(1500ms), options); });
    wait_for(created.get_future().get(), "ticket.renewed", 4);
    sure(first.release());
    const auto held = second.get();
    EXPECT_EQ(held.token(), 2u);
    wait_for(held.uuid(), "ticket.renewed", 5);
    EXPECT_FALSE(held.lost());
}

TEST_F(HeldTickets, ThatDoNotGetTheirTurnInTimeLeaveTheLine) {
    const auto first = acquire(request());
    AcquireOptions options;
    options.wait_max = 50ms;
    const auto late = HeldTicket::acquire(client_, request(), options);
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is("timed_out"));
    EXPECT_EQ(sure(client_.get_line(request().resource)).queued, 0u);
}

TEST_F(HeldTickets, WhoseWaitIsStoppedLeaveTheLine) {
    const auto first = acquire(request());
    std::stop_source source;
    AcquireOptions options;
    options.call.stop = source.get_token();
    options.progress_interval = 10ms;
    options.on_queued = [&](const Ticket& ticket) {
        EXPECT_EQ(ticket.position, 1u);
        source.request_stop();
    };
    const auto stopped = HeldTicket::acquire(client_, request(), options);
    ASSERT_FALSE(stopped);
    EXPECT_TRUE(stopped.error().is("cancelled"));
    EXPECT_EQ(sure(client_.get_line(request().resource)).queued, 0u);
}

TEST_F(HeldTickets, LearnOfTheirLossAtOnceByEvents) {
    std::promise<Problem> lost;
    AcquireOptions options;
    options.on_lost = [&](const Problem& problem) { lost.set_value(problem); };
    auto held = acquire(request(1h), options);
    sure(client_.release_ticket(held.uuid(), {.force = true, .reason = "host is down"}));
    auto told = lost.get_future();
    ASSERT_EQ(told.wait_for(60s), std::future_status::ready);
    const auto problem = told.get();
    EXPECT_TRUE(problem.is("lost"));
    EXPECT_NE(problem.text().find("was lost: "), std::string::npos) << problem.text();
    EXPECT_TRUE(held.lost());
    EXPECT_EQ(held.remaining(), 0ms);
    EXPECT_TRUE(held.release().error().is("lost"));
    EXPECT_EQ(sure(client_.get_ticket(held.uuid())).reason, "host is down");
}

TEST_F(HeldTickets, LearnOfTheirLossByTheNextRenewalWithoutEvents) {
    std::promise<Problem> lost;
    AcquireOptions options;
    options.follow_events = false;
    options.on_lost = [&](const Problem& problem) { lost.set_value(problem); };
    const auto held = acquire(request(600ms), options);
    sure(client_.delete_ticket(held.uuid()));
    auto told = lost.get_future();
    ASSERT_EQ(told.wait_for(60s), std::future_status::ready);
    EXPECT_NE(told.get().text().find("not found"), std::string::npos);
}

TEST_F(HeldTickets, SurviveARestartOfTheServer) {
    auto held = acquire(request());
    server_.kill9();
    server_.start();
    EXPECT_EQ(server_.terminate(), 0);
    server_.start();
    EXPECT_FALSE(held.lost());
    EXPECT_EQ(sure(held.release()).status, TicketStatus::finished);
}

// Whatever the server thinks: who cannot renew must not believe to hold.
TEST_F(HeldTickets, AreTakenForLostBeforeTheServerGivesThemToTheNext) {
    std::promise<Problem> lost;
    AcquireOptions options;
    options.on_lost = [&](const Problem& problem) { lost.set_value(problem); };
    auto held = acquire(request(500ms), options);
    server_.freeze();
    auto told = lost.get_future();
    ASSERT_EQ(told.wait_for(60s), std::future_status::ready);
    EXPECT_NE(told.get().text().find("could not be renewed in time"), std::string::npos);
    EXPECT_TRUE(held.lost());
    server_.thaw();
    EXPECT_TRUE(held.release().error().is("lost"));
}

TEST_F(HeldTickets, AreLostWhenHoldMaxIsOver) {
    std::promise<Problem> lost;
    AcquireOptions options;
    options.follow_events = false;
    options.on_lost = [&](const Problem& problem) { lost.set_value(problem); };
    auto limited = request(30s);
    limited.hold_max = 300ms;
    const auto held = acquire(limited, options);
    EXPECT_LE(held.remaining(), 300ms);
    auto told = lost.get_future();
    ASSERT_EQ(told.wait_for(60s), std::future_status::ready);
    EXPECT_NE(told.get().text().find("hold_max"), std::string::npos);
}

TEST_F(HeldTickets, NeedATtl) {
    const auto refused = HeldTicket::acquire(client_, request(0ms));
    EXPECT_EQ(refused.error().field, "ttl");
}

TEST_F(HeldTickets, KeepOthersOut) {
    constexpr int threads = 4;
    constexpr int rounds = 5;
    std::atomic<int> inside = 0;
    std::vector<std::future<void>> workers;
    for (int i = 0; i < threads; ++i) {
        workers.push_back(std::async(std::launch::async, [&] {
            for (int round = 0; round < rounds; ++round) {
                auto held = acquire(request());
                EXPECT_EQ(++inside, 1);
                --inside;
                sure(held.release());
            }
        }));
    }
    for (auto& worker : workers) worker.get();
}

}  // namespace
}  // namespace signalbox::client
