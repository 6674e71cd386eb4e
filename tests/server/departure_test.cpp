#include <memory>

#include "server/server_fixture.h"

// How connections to the real server end: clients that go in every way there is, requests that
// are refused, and a server that stops while somebody is slow.

namespace signalbox {
namespace {

class Departure : public ServerFixture {
protected:
    static std::string extra_of(size_t bytes) { return std::string(bytes, 'x'); }

    // So many tickets that each take `bytes`.
    static std::vector<std::string> create_large(Wire& wire, size_t count, size_t bytes) {
        const std::string create =
            request_bytes("POST", "/api/v1/tickets",
                          R"({"scope":"vm","id":"large","ttl":"1h","extra":{"text":")" +
                              extra_of(bytes) + "\"}}");
        std::vector<std::string> uuids;
        for (size_t i = 0; i < count; ++i) uuids.push_back(uuid_of(wire.ask(create)));
        return uuids;
    }

    // Whatever was held or followed was taken back, and only `wire` is left.
    static void expect_alone(Wire& wire) {
        wire.wait_for_metric("signalbox_connections", 1);
        wire.wait_for_metric("signalbox_waiters", 0);
        wire.wait_for_metric("signalbox_subscribers", 0);
    }
};

// Requests that are held, of every kind.
std::vector<std::string> held_requests(const std::string& queued, const std::string& session) {
    return {
        request_bytes("POST", "/api/v1/tickets?wait=1h", R"({"scope":"vm","id":"a","ttl":"1h"})"),
        request_bytes("GET", "/tickets/" + queued + "/wait"),
        request_bytes("GET", "/api/v1/tickets/" + queued + "/wait?timeout=1h"),
        request_bytes("GET", "/api/v1/tickets/events"),
        request_bytes("GET", "/api/v1/sessions/" + session + "/connection")};
}

TEST_P(Departure, right_behind_a_request_leaves_nothing_held) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    const auto line = create(wire, "a", 2);
    const auto session =
        wire.ask(request_bytes("POST", "/api/v1/sessions", R"({"ttl":"1h","grace":"1h"})"));
    const auto held = held_requests(line[1], Json::parse(session.body).at("id").get<std::string>());
    for (size_t i = 0; i < 1000; ++i) {
        Wire client(server.port());
        client.send(held[i % held.size()]);
        switch (i / held.size() % 3) {
            case 0: break;  // closes
            case 1: client.reset(); break;
            case 2: client.end_input(); client.wait_for_end();
        }
    }
    expect_alone(wire);
}

TEST_P(Departure, while_requests_are_held_leaves_nothing_held) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    const auto line = create(wire, "a", 2);
    const auto session =
        wire.ask(request_bytes("POST", "/api/v1/sessions", R"({"ttl":"1h","grace":"1h"})"));
    const auto held = held_requests(line[1], Json::parse(session.body).at("id").get<std::string>());
    // So much behind a wait that the server stops reading, and cannot read the end either.
    const std::string wait = wait_bytes(line[1]);
    std::string pipelined = wait;
    while (pipelined.size() < (100u << 10)) pipelined += request_bytes("GET", "/ping");
    std::vector<Wire> clients;
    for (size_t i = 0; i < 180; ++i) {
        clients.emplace_back(server.port());
        clients.back().send(i % 6 == 5 ? pipelined : held[i % 6]);
    }
    wire.wait_for_metric("signalbox_waiters", 150);
    wire.wait_for_metric("signalbox_subscribers", 30);
    for (size_t i = 0; i < clients.size(); ++i) {
        if (i / 6 % 3 == 1) clients[i].reset();
        if (i / 6 % 3 == 2) clients[i].end_input();
    }
    for (size_t i = 0; i < clients.size(); ++i) {
        if (i / 6 % 3 == 2) clients[i].wait_for_end();
    }
    clients.clear();
    expect_alone(wire);
}

TEST_P(Departure, of_its_input_leaves_a_client_its_answers) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    const auto line = create(wire, "a", 2);
    Wire client(server.port());
    client.send(request_bytes("GET", "/tickets/" + line[0]) + create_bytes("b") +
                wait_bytes(line[1]) + request_bytes("GET", "/ping"));
    client.end_input();
    EXPECT_EQ(client.read().status, 200);
    EXPECT_EQ(client.read().status, 201);
    EXPECT_THROW(client.read(), std::runtime_error);
    expect_alone(wire);
}

TEST_P(Departure, behind_a_refusal_waits_until_the_client_has_read_it) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    for (size_t i = 0; i < 50; ++i) {
        Wire client(server.port());
        client.send(request_bytes("POST", "/api/v1/tickets", extra_of(3u << 20)));
        EXPECT_EQ(client.read().status, 413);
        EXPECT_THROW(client.read(), std::runtime_error);
    }
    wire.wait_for_metric("signalbox_connections", 1);
    // Not without end, though: neither for one that goes on and on,
    Wire endless(server.port());
    const std::string much = extra_of(1u << 20);
    const auto go_on = [&] {
        endless.send(request_bytes("POST", "/api/v1/tickets", extra_of(2u << 20)));
        for (size_t i = 0; i < 1000; ++i) endless.send(much);
    };
    EXPECT_THROW(go_on(), std::runtime_error);
    wire.wait_for_metric("signalbox_connections", 1);
    // nor for one that says nothing more.
    Wire silent(server.port());
    silent.send("nonsense\r\n\r\n");
    EXPECT_EQ(silent.read().status, 400);
    wire.wait_for_metric("signalbox_connections", 1);
}

TEST_P(Departure, of_the_server_does_not_wait_for_slow_clients_for_ever) {
    ServerProcess server(with(GetParam(), {"--stop-timeout", "1s"}));
    Wire wire(server.port());
    const auto large = create_large(wire, 1, 60'000);
    std::string shows;
    for (size_t i = 0; i < 250; ++i) shows += request_bytes("GET", "/tickets/" + large[0]);
    std::vector<Wire> deaf;
    for (size_t i = 0; i < 20; ++i) {
        deaf.emplace_back(server.port());
        deaf.back().send(shows);
    }
    Wire streaming(server.port());
    streaming.send(request_bytes("GET", "/api/v1/tickets/events"));
    streaming.read_until("bookmark");
    Wire refused(server.port());
    refused.send("nonsense\r\n\r\n");
    EXPECT_EQ(refused.read().status, 400);
    EXPECT_EQ(server.terminate(), 0) << server.log();
}

TEST_P(Departure, of_nobody_makes_a_slow_reader_of_a_large_list_a_burden) {
    ServerProcess server(with(GetParam(), {"--write-timeout", "1h"}));
    Wire wire(server.port());
    constexpr size_t tickets = 150;
    create_large(wire, tickets, 60'000);
    std::vector<Wire> slow;
    for (size_t i = 0; i < 5; ++i) {
        slow.emplace_back(server.port());
        slow.back().send(request_bytes("GET", "/api/v1/tickets?limit=1000"));
    }
    // Others are served meanwhile.
    for (size_t i = 0; i < 200; ++i) {
        EXPECT_EQ(wire.ask(create_bytes("other" + std::to_string(i))).status, 201);
    }
    for (auto& reader : slow) {
        const auto list = Json::parse(reader.read().body);
        size_t large = 0;
        for (const auto& ticket : list.at("tickets")) large += ticket.at("id") == "large";
        EXPECT_EQ(large, tickets);
    }
    slow.clear();
    expect_alone(wire);
}

TEST_P(Departure, for_too_long_costs_a_watcher_its_cursor) {
    ServerProcess server(with(GetParam(), {"--feed-events-max", "16"}));
    Wire wire(server.port());
    const std::string follow = "/api/v1/tickets/events";
    std::string cursor;
    {
        Wire watcher(server.port());
        watcher.send(request_bytes("GET", follow));
        const std::string begin = watcher.read_until("bookmark\n");
        cursor = begin.substr(begin.find("id: ") + 4);
        cursor.resize(cursor.find('\n'));
    }
    create(wire, "a", 100);
    const auto come_back = [&] {
        Wire watcher(server.port());
        watcher.send(request_bytes("GET", follow, {}, "last-event-id: " + cursor + "\r\n"));
        return watcher.read_until("\r\n0\r\n\r\n");
    };
    EXPECT_NE(come_back().find("event: resync\ndata: {\"oldest\":"), std::string::npos);
    server.kill9();
    server.start();
    const std::string again = come_back();
    const size_t oldest = again.find(R"({"oldest":")") + 11;
    ASSERT_LT(oldest, again.size());
    cursor = again.substr(oldest, again.find('"', oldest) - oldest);
    Wire watcher(server.port());
    watcher.send(request_bytes("GET", follow, {}, "last-event-id: " + cursor + "\r\n"));
    watcher.read_until("event: ticket.created");
}

INSTANTIATE_TEST_SUITE_P(Server, Departure, testing::Values(guest_core, own_core), mode_name);

// In one mode only, because it takes as long as it takes to ask a network whether it is there.
TEST(SilentDeparture, is_noticed_by_asking) {
    ServerProcess server({"--log-level", "warning"});
    Wire wire(server.port());
    const auto created = wire.ask(
        {request_bytes("POST", "/api/v1/tickets", R"({"scope":"vm","id":"a","ttl":"1h"})"),
         request_bytes("POST", "/api/v1/tickets", R"({"scope":"vm","id":"a","ttl":"1h"})")});
    const auto queued = nlohmann::json::parse(created[1].body).at("uuid").get<std::string>();
    std::vector<Wire> clients;
    for (size_t i = 0; i < 20; ++i) {
        clients.emplace_back(server.port());
        clients.back().send(request_bytes("GET", "/tickets/" + queued + "/wait"));
    }
    wire.wait_for_metric("signalbox_waiters", 20);
    for (auto& client : clients) {
        if (!client.vanish()) GTEST_SKIP() << "needs CAP_NET_ADMIN";
    }
    wire.wait_for_metric("signalbox_waiters", 0);
    wire.wait_for_metric("signalbox_connections", 1);
}

}  // namespace
}  // namespace signalbox
