#include <future>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "signalbox/client/client.h"
#include "support/cutting_proxy.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

class Follow : public testing::Test {
protected:
    Ticket create(const std::string& id) {
        TicketRequest request;
        request.resource = {.scope = "vm", .id = id};
        request.ttl = 1min;
        return sure(client_.create_ticket(request)).ticket;
    }
    // "created <id>", in the order of the events.
    static std::string line_of(const Event& event) {
        return event.type + " " + (event.ticket ? event.ticket->resource.id : event.subject);
    }

    ServerProcess server_;
    Client client_{Options{.url = server_.url()}};
};

TEST_F(Follow, BeginsWithABookmarkBehindWhichNothingIsMissed) {
    std::vector<std::string> seen;
    const auto cursor = sure(client_.follow({}, [&](const Event& event) {
        if (event.kind == Event::Kind::bookmark) {
            EXPECT_TRUE(seen.empty());
            const auto ticket = create("a");
            sure(client_.release_ticket(ticket.uuid, {.force = true, .reason = "why"}));
            return true;
        }
        seen.push_back(line_of(event));
        EXPECT_EQ(event.ticket->resource, (Resource{.scope = "vm", .id = "a"}));
        if (event.type != "ticket.force_released") return true;
        EXPECT_EQ(event.ticket->status, TicketStatus::finished);
        EXPECT_EQ(event.ticket->reason, "why");
        EXPECT_EQ(event.ticket->token, 1u);
        EXPECT_EQ(event.subject, event.ticket->uuid);
        return false;
    }));
    EXPECT_EQ(seen, (std::vector<std::string>{"ticket.created a", "ticket.granted a",
                                              "ticket.force_released a"}));
    // Later, from there.
    create("b");
    std::string next;
    sure(client_.follow({},
                        [&](const Event& event) {
                            next = line_of(event);
                            return false;
                        },
                        {.cursor = cursor}));
    EXPECT_EQ(next, "ticket.created b");
}

TEST_F(Follow, ShowsOnlyWhatIsAskedFor) {
    const auto ticket = create("a");
    std::vector<std::string> seen;
    const auto follow_until_deleted = [&](const EventFilter& filter) {
        seen.clear();
        sure(client_.follow(filter, [&](const Event& event) {
            if (event.kind == Event::Kind::bookmark) {
                create("b");
                const auto other = create("a");
                sure(client_.renew_ticket(ticket.uuid));
                sure(client_.delete_ticket(other.uuid));
                return true;
            }
            seen.push_back(line_of(event));
            return event.type != "ticket.deleted" && event.type != "ticket.renewed";
        }));
    };
    follow_until_deleted({.ticket = ticket.uuid});
    EXPECT_EQ(seen, std::vector<std::string>{"ticket.renewed a"});
    follow_until_deleted({.scope = "vm", .id = "a"});
    EXPECT_EQ(seen, (std::vector<std::string>{"ticket.created a", "ticket.renewed a"}));
    EXPECT_EQ(client_.follow({.scope = "vm"}, [](const Event&) { return true; }).error().field,
              "id");
}

// Each connection breaks after a few hundred bytes, in the middle of some event.
TEST_F(Follow, MissesAndRepeatsNothingOverBrokenConnections) {
    CuttingProxy proxy(server_.port());
    const Client client({.url = proxy.url()});
    constexpr int tickets = 40;
    std::vector<std::string> expected;
    std::vector<std::string> seen;
    sure(client.follow({}, [&](const Event& event) {
        if (event.kind == Event::Kind::bookmark) {
            proxy.cut_each(1700);
            for (int i = 0; i < tickets; ++i) {
                const auto id = std::to_string(i);
                create(id);
                expected.push_back("ticket.created " + id);
                expected.push_back("ticket.granted " + id);
            }
            return true;
        }
        seen.push_back(line_of(event));
        return seen.size() < expected.size();
    }));
    EXPECT_EQ(seen, expected);
    EXPECT_GT(proxy.connections(), 5);
}

TEST_F(Follow, GoesOnOverRestartsOfTheServer) {
    constexpr int rounds = 4;
    std::vector<std::string> expected;
    std::vector<std::string> seen;
    std::promise<void> begun;
    const auto on_event = [&](const Event& event) {
        if (event.kind == Event::Kind::bookmark) {
            if (seen.empty()) begun.set_value();
            return true;
        }
        EXPECT_EQ(event.kind, Event::Kind::happened);
        seen.push_back(line_of(event));
        return seen.size() < size_t{2} * rounds;
    };
    // It may never find the server up before the last round.
    FollowOptions options;
    options.call.retry_for = 10min;
    auto following =
        std::async(std::launch::async, [&] { return client_.follow({}, on_event, options); });
    begun.get_future().wait();
    for (int round = 0; round < rounds; ++round) {
        const auto id = std::to_string(round);
        create(id);
        expected.push_back("ticket.created " + id);
        expected.push_back("ticket.granted " + id);
        if (round % 2 == 0) {
            server_.kill9();
        } else {
            EXPECT_EQ(server_.terminate(), 0);
        }
        server_.start();
    }
    sure(following.get());
    EXPECT_EQ(seen, expected);
}

TEST_F(Follow, TellsWhenItCannotGoOnWhereItWas) {
    const ServerProcess other;
    std::string foreign;
    sure(Client({.url = other.url()}).follow({}, [&](const Event& event) {
        foreign = event.cursor;
        return false;
    }));
    std::vector<Event::Kind> kinds;
    sure(client_.follow({},
                        [&](const Event& event) {
                            kinds.push_back(event.kind);
                            if (event.kind == Event::Kind::resync) create("a");
                            return event.kind != Event::Kind::happened;
                        },
                        {.cursor = foreign}));
    EXPECT_EQ(kinds, (std::vector{Event::Kind::resync, Event::Kind::happened}));
    const auto nonsense =
        client_.follow({}, [](const Event&) { return true; }, {.cursor = "nonsense"});
    EXPECT_EQ(nonsense.error().status, 400);
}

TEST_F(Follow, LeavesAServerThatHasGoneSilent) {
    const Client client({.url = server_.url(), .retry_for = 0ms, .quiet_max = 100ms});
    const auto lost = client.follow({}, [&](const Event&) {
        server_.freeze();
        return true;
    });
    server_.thaw();
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().is("unreachable"));
}

TEST_F(Follow, EndsByDeadlineAndByRequest) {
    const auto deadline = std::chrono::steady_clock::now() + 100ms;
    const auto timed_out =
        client_.follow({}, [](const Event&) { return true; }, {.call = {.deadline = deadline}});
    EXPECT_TRUE(timed_out.error().is("timed_out"));
    std::stop_source source;
    const auto stopped = client_.follow({},
                                        [&](const Event&) {
                                            source.request_stop();
                                            return true;
                                        },
                                        {.call = {.stop = source.get_token()}});
    EXPECT_TRUE(stopped.error().is("cancelled"));
}

TEST_F(Follow, PassesOnWhatItsCallbackThrows) {
    EXPECT_THROW((void)client_.follow({}, [](const Event&) -> bool { throw 42; }), int);
    create("still usable");
}

}  // namespace
}  // namespace signalbox::client
