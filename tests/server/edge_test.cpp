#include "server/server_fixture.h"

// What the real server does at its edges: limits of its sockets, and bytes that no client means.
// The other limits are in tests/transcripts/limits.

namespace signalbox {
namespace {

class Edge : public ServerFixture {};

TEST_P(Edge, of_connections_closes_one_too_many_at_once) {
    ServerProcess server(with(GetParam(), {"--connections-max", "2"}));
    Wire first(server.port());
    EXPECT_EQ(first.ask(request_bytes("GET", "/ping")).status, 200);
    {
        Wire second(server.port());
        EXPECT_EQ(second.ask(request_bytes("GET", "/ping")).status, 200);
        Wire third(server.port());
        third.wait_for_end();
        EXPECT_EQ(first.metric("signalbox_connections_refused_total"), 1u);
        EXPECT_EQ(first.metric("signalbox_connections"), 2u);
    }
    first.wait_for_metric("signalbox_connections", 1);
    Wire fourth(server.port());
    EXPECT_EQ(fourth.ask(request_bytes("GET", "/ping")).status, 200);
}

TEST_P(Edge, of_patience_closes_those_that_say_nothing_and_holds_those_that_wait) {
    ServerProcess server(with(GetParam(), {"--idle-timeout", "1ms", "--head-timeout", "1ms"}));
    Wire waiting(server.port());
    const auto line = create(waiting, "a", 2);
    waiting.send(wait_bytes(line[1]));
    Wire silent(server.port());
    Wire answered(server.port());
    EXPECT_EQ(answered.ask(request_bytes("GET", "/ping")).status, 200);
    Wire half(server.port());
    half.send("GET /ping HTTP/1.1\r\nho");
    silent.wait_for_end();
    answered.wait_for_end();
    half.wait_for_end();
    Wire releasing(server.port());
    EXPECT_EQ(releasing.ask(release_bytes(line[0])).status, 204);
    EXPECT_EQ(waiting.read().status, 204);
}

TEST_P(Edge, of_patience_closes_those_that_do_not_take_their_answers) {
    ServerProcess server(
        with(GetParam(), {"--write-timeout", "1ms", "--output-bytes-max", "1GiB"}));
    Wire wire(server.port());
    const auto created =
        wire.ask(request_bytes("POST", "/api/v1/tickets",
                               R"({"scope":"vm","id":"a","ttl":"1h","extra":{"text":")" +
                                   std::string(60'000, 'x') + "\"}}"));
    const std::string show = request_bytes("GET", "/tickets/" + uuid_of(created));
    Wire deaf(server.port());
    std::string shows;
    // More than the sockets of both sides take.
    for (size_t i = 0; i < 250; ++i) shows += show;
    deaf.send(shows);
    wire.wait_for_metric("signalbox_connections", 1);
}

TEST_P(Edge, of_names_is_their_length_in_bytes) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    const auto create_named = [&](const std::string& name) { return wire.ask(create_bytes(name)); };
    const std::string longest(1024, 'x');
    EXPECT_EQ(create_named(longest).status, 201);
    EXPECT_EQ(Json::parse(wire.get("/api/v1/lines/default/vm/" + longest)).at("holders"), 1);
    for (const size_t bytes : {1025u, 65'536u, 1'000'000u}) {
        const auto refused = create_named(std::string(bytes, 'x'));
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(Json::parse(refused.body).at("field"), "id");
        const auto from_triton = wire.ask(request_bytes(
            "POST", "/servers/default/tickets",
            R"({"scope":"vm","expires_at":"3000","id":")" + std::string(bytes, 'x') + "\"}"));
        EXPECT_EQ(from_triton.status, 409);
    }
    // Longer than a whole body may be; nobody waits for it to come.
    wire.send(
        "POST /api/v1/tickets HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2000000\r\n\r\n");
    EXPECT_EQ(wire.read().status, 413);
}

TEST_P(Edge, of_names_is_not_what_they_mean_elsewhere) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    size_t made = 0;
    for (const std::string name : {"*", "(", ")", "|", "\\\\", "\\u0000", "\xf0\x9f\x9a\xa6", "..",
                                   "/", "%2f", "?", "#", " ", ""}) {
        const auto created = wire.ask(create_bytes(name));
        ASSERT_EQ(created.status, 201) << name << created.body;
        // In a line of its own.
        EXPECT_EQ(Json::parse(created.body).at("status"), "active") << name;
        ++made;
    }
    EXPECT_EQ(Json::parse(wire.get("/api/v1/lines")).at("lines").size(), made);
}

TEST_P(Edge, of_text_is_utf_8) {
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    for (const std::string bytes :
         {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
        const auto native = wire.ask(create_bytes(bytes));
        EXPECT_EQ(native.status, 400);
        EXPECT_EQ(Json::parse(native.body).at("type"), "urn:signalbox:problem:invalid_argument");
        const auto triton =
            wire.ask(request_bytes("POST", "/servers/default/tickets",
                                   R"({"scope":"vm","expires_at":"3000","id":")" + bytes + "\"}"));
        EXPECT_EQ(triton.status, 400);
        EXPECT_EQ(Json::parse(triton.body).at("code"), "InvalidContent");
        // Also where nobody looks at it.
        const auto unused = wire.ask(request_bytes(
            "POST", "/servers/default/tickets",
            R"({"scope":"vm","expires_at":"3000","id":"a","unknown":")" + bytes + "\"}"));
        EXPECT_EQ(unused.status, 400);
        const auto extra = wire.ask(
            request_bytes("POST", "/api/v1/tickets",
                          R"({"scope":"vm","id":"a","ttl":"1h","extra":{"a":")" + bytes + "\"}}"));
        EXPECT_EQ(extra.status, 400);
    }
    EXPECT_EQ(Json::parse(wire.get("/api/v1/lines")).at("lines").size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Modes, Edge, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
