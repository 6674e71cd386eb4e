#include "server/server_fixture.h"

// Ten thousand readers of Consul's routes, each parked on a connection of its own.

namespace signalbox {
namespace {

constexpr size_t crowd = 10'000;

class ParkedReaders : public ServerFixture {
protected:
    void park(Wire& wire, const std::string& target, size_t count) {
        const size_t before = readers_.size();
        readers_.reserve(before + count);
        for (size_t i = 0; i < count; ++i) {
            readers_.emplace_back(server_.port());
            readers_.back().send(request_bytes("GET", target));
        }
        wire.wait_for_metric("signalbox_waiters", before + count);
    }
    static std::string put(Wire& wire, const std::string& key, const std::string& value) {
        return wire.ask(request_bytes("PUT", "/v1/kv/" + key, value)).body;
    }
    static uint64_t index_of(Wire& wire, const std::string& target) {
        return std::stoull(wire.ask(request_bytes("GET", target)).field("x-consul-index"));
    }

    ServerProcess server_{with(GetParam())};
    std::vector<Wire> readers_;
};

TEST_P(ParkedReaders, of_one_key_are_all_answered_by_one_write) {
    Wire wire(server_.port());
    put(wire, "a", "before");
    const uint64_t index = index_of(wire, "/v1/kv/a");
    const std::string waits = "index=" + std::to_string(index);
    park(wire, "/v1/kv/a?raw&" + waits, crowd);
    put(wire, "b", "nobody waits for it");
    EXPECT_EQ(wire.metric("signalbox_waiters"), crowd);
    EXPECT_EQ(put(wire, "a", "after"), "true");
    for (auto& reader : readers_) {
        const auto answer = reader.read();
        ASSERT_EQ(answer.status, 200);
        ASSERT_EQ(answer.body, "after");
        ASSERT_EQ(answer.field("x-consul-index"), std::to_string(index + 2));
    }
    wire.wait_for_metric("signalbox_waiters", 0);
}

TEST_P(ParkedReaders, that_hang_up_are_forgotten) {
    Wire wire(server_.port());
    put(wire, "a", "1");
    const std::string waits = "index=" + std::to_string(index_of(wire, "/v1/kv/a"));
    park(wire, "/v1/kv/a?" + waits, crowd / 10);
    park(wire, "/v1/kv/?recurse&" + waits, crowd / 10);
    readers_.clear();
    wire.wait_for_metric("signalbox_waiters", 0);
    wire.wait_for_metric("signalbox_connections", 1);
}

// A large answer goes out once for each reader, and is made once.
TEST_P(ParkedReaders, of_a_large_value_all_get_it) {
    Wire wire(server_.port());
    put(wire, "a", "1");
    const std::string waits = "index=" + std::to_string(index_of(wire, "/v1/kv/a"));
    constexpr size_t readers = 200;
    park(wire, "/v1/kv/a?raw&" + waits, readers);
    const std::string large(500'000, 'x');
    EXPECT_EQ(put(wire, "a", large), "true");
    for (auto& reader : readers_) ASSERT_EQ(reader.read().body, large);
}

TEST_P(ParkedReaders, of_other_things_are_left_alone) {
    Wire wire(server_.port());
    const auto ask = [&](const std::string& target, const std::string& body) {
        return wire.ask(request_bytes("PUT", target, body));
    };
    EXPECT_EQ(ask("/v1/agent/service/register", R"({"Name":"web"})").status, 200);
    EXPECT_EQ(ask("/v1/agent/service/register", R"({"Name":"db"})").status, 200);
    const uint64_t index = index_of(wire, "/v1/health/service/db");
    const std::string waits = "index=" + std::to_string(index);
    park(wire, "/v1/health/service/db?" + waits, crowd / 10);
    for (int port = 1; port <= 20; ++port) {
        const std::string body = R"({"Name":"web","Port":)" + std::to_string(port) + "}";
        EXPECT_EQ(ask("/v1/agent/service/register", body).status, 200);
    }
    EXPECT_EQ(wire.metric("signalbox_waiters"), crowd / 10);
    for (auto& reader : readers_) ASSERT_FALSE(reader.has_input());
    EXPECT_EQ(ask("/v1/agent/service/register", R"({"Name":"db","Port":1})").status, 200);
    for (auto& reader : readers_) ASSERT_EQ(reader.read().status, 200);
}

INSTANTIATE_TEST_SUITE_P(Modes, ParkedReaders, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
