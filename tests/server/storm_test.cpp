#include <cstring>
#include <future>
#include <map>
#include <set>

#include "server/server_fixture.h"
#include "signalbox/client/client.h"

// Everything of a server is deleted over and over, while clients go on to take tickets there.

namespace signalbox {
namespace {

// What the stream tells of each ticket, a letter an event: created, granted, released, deleted;
// and an x when all that was there is to be deleted, behind which nobody may be granted.
class Lives {
public:
    void saw(const client::Event& event) {
        if (event.type == "server.cleared") {
            for (const auto& uuid : live_) lives_[uuid] += 'x';
            live_.clear();
            return;
        }
        if (event.type == "ticket.created") live_.insert(event.subject);
        if (event.type == "ticket.released") live_.erase(event.subject);
        if (event.type.starts_with("ticket.")) {
            lives_[event.subject] += event.type[std::strlen("ticket.")];
        }
    }
    std::map<std::string, size_t> kinds() const {
        std::map<std::string, size_t> kinds;
        for (const auto& [uuid, life] : lives_) ++kinds[life];
        return kinds;
    }

private:
    std::map<std::string, std::string> lives_;
    std::set<std::string> live_;
};

class Storm : public ServerFixture {
protected:
    static constexpr const char* server = "42e66c8e-3fc6-11e3-a7cb-eb7cef96d803";
    static constexpr size_t clients = 8;
    static constexpr size_t tickets_each = 500;
    static constexpr size_t clearings = 50;

    // Takes tickets of a few lines and waits for each, whatever becomes of it.
    void take_tickets(size_t client) {
        Wire wire(server_.port());
        for (size_t i = 0; i < tickets_each; ++i) {
            const std::string body = R"({"scope":"vm","expires_at":"3000","id":")" +
                                     std::to_string((client + i) % 3) + "\"}";
            const auto created = wire.ask(
                request_bytes("POST", "/servers/" + std::string(server) + "/tickets", body));
            if (created.status != 202) throw std::runtime_error("create: " + created.body);
            const std::string uuid = Json::parse(created.body).at("uuid");
            const int waited = wire.ask(wait_bytes(uuid)).status;
            if (waited != 204 && waited != 404) throw std::runtime_error("wait");
            const int released = wire.ask(release_bytes(uuid)).status;
            if (released != 204 && released != 404) throw std::runtime_error("release");
        }
    }

    ServerProcess server_{with(GetParam())};
};

TEST_P(Storm, of_deletions_leaves_nothing_and_grants_nothing_that_is_gone) {
    Wire wire(server_.port());
    // Told before anything happens, so that the stream shows all of it.
    std::string cursor;
    const client::Client client({.url = server_.url()});
    const auto beginning = client.follow({}, [&](const client::Event& event) {
        cursor = event.cursor;
        return false;
    });
    ASSERT_TRUE(beginning);

    std::vector<std::future<void>> done;
    for (size_t i = 0; i < clients; ++i) {
        done.push_back(std::async(std::launch::async, [this, i] { take_tickets(i); }));
    }
    const std::string clear =
        request_bytes("DELETE", "/servers/" + std::string(server) + "/tickets?force=true");
    size_t cleared = 0;
    const auto is_busy = [&] {
        return std::any_of(done.begin(), done.end(), [](const auto& each) {
            return each.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
        });
    };
    // Without a pause, and until nobody waits for somebody whose ticket nobody ends.
    while (cleared < clearings || is_busy()) {
        ASSERT_EQ(wire.ask(clear).status, 204);
        ++cleared;
    }
    for (auto& each : done) each.get();
    EXPECT_EQ(wire.ask(clear).status, 204);
    EXPECT_EQ(Json::parse(wire.get("/servers/" + std::string(server) + "/tickets")).size(), 0u);
    wire.wait_for_metric(R"(signalbox_tickets{status="active"})", 0);
    wire.wait_for_metric(R"(signalbox_tickets{status="queued"})", 0);
    wire.wait_for_metric("signalbox_waiters", 0);
    wire.wait_for_metric("signalbox_lines", 0);

    // What the stream tells of each ticket is a life, with one end.
    const auto last = client.create_ticket(
        {.resource = {.scope = "end", .id = "end"}, .ttl = std::chrono::hours(1)});
    ASSERT_TRUE(last);
    Lives lives;
    const auto followed = client.follow({},
                                        [&](const client::Event& event) {
                                            lives.saw(event);
                                            return event.subject != last->ticket.uuid;
                                        },
                                        {.cursor = cursor});
    ASSERT_TRUE(followed);
    size_t told = 0;
    for (const auto& [life, count] : lives.kinds()) {
        told += count;
        // The last one has only been created.
        const bool is_life = life == "cxd" || life == "cgxd" || life == "cgr" || life == "c";
        EXPECT_TRUE(is_life) << count << " times " << life;
    }
    EXPECT_EQ(lives.kinds()["c"], 1u);
    EXPECT_EQ(told, clients * tickets_each + 1);
}

INSTANTIATE_TEST_SUITE_P(Modes, Storm, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
