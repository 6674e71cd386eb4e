#include "server/server_fixture.h"

// Tenants on several partitions: each has its own core, journal and store, and a server.

namespace signalbox {
namespace {

class Partitions : public ServerFixture {
protected:
    static constexpr size_t tenants = 12;

    static std::string as(size_t tenant) {
        return "signalbox-tenant: tenant-" + std::to_string(tenant) + "\r\n";
    }
    Json get(Wire& wire, size_t tenant, const std::string& target) {
        const auto response = wire.ask(request_bytes("GET", target, {}, as(tenant)));
        EXPECT_EQ(response.status, 200) << response.body;
        return Json::parse(response.body);
    }

    ServerProcess server_{with(GetParam(), {"--partitions", "3", "--segment-bytes", "1MiB",
                                            "--checkpoint-bytes", "1MiB"})};
};

TEST_P(Partitions, serve_all_tenants_over_crashes) {
    std::vector<std::vector<std::string>> lines(tenants);
    {
        Wire wire(server_.port());
        const std::string body = R"({"scope":"vm","id":"a","ttl":"1h"})";
        for (size_t i = 0; i < 50; ++i) {
            std::vector<std::string> creates;
            for (size_t tenant = 0; tenant < tenants; ++tenant) {
                creates.push_back(request_bytes("POST", "/api/v1/tickets", body, as(tenant)));
            }
            // Answers come in order, although each core is as fast as it likes.
            const auto uuids = uuids_of(wire.ask(creates));
            for (size_t tenant = 0; tenant < tenants; ++tenant) {
                lines[tenant].push_back(uuids[tenant]);
            }
        }
        for (const auto* partition : {"0", "1", "2"}) {
            EXPECT_GT(wire.metric("signalbox_commands_total{partition=\"" + std::string(partition) +
                                  "\"}"),
                      0u);
        }
    }
    for (size_t crash = 0; crash < 3; ++crash) {
        // Held requests of all of them, and a release behind each.
        std::vector<Wire> waiting;
        Wire wire(server_.port());
        for (size_t tenant = 0; tenant < tenants; ++tenant) {
            waiting.emplace_back(server_.port());
            waiting.back().send(request_bytes(
                "GET", "/tickets/" + lines[tenant][crash + 1] + "/wait", {}, as(tenant)));
        }
        wire.wait_for_metric("signalbox_waiters", tenants);
        for (size_t tenant = 0; tenant < tenants; ++tenant) {
            const auto released = wire.ask(request_bytes(
                "PUT", "/tickets/" + lines[tenant][crash] + "/release", {}, as(tenant)));
            EXPECT_EQ(released.status, 204);
            const auto answer = waiting[tenant].read();
            EXPECT_EQ(answer.status, 204);
        }
        server_.kill9();
        server_.start();
        Wire again(server_.port());
        for (size_t tenant = 0; tenant < tenants; ++tenant) {
            const auto listed = get(again, tenant, "/api/v1/tickets?limit=1000").at("tickets");
            ASSERT_EQ(listed.size(), lines[tenant].size());
            for (size_t i = 0; i < listed.size(); ++i) {
                const std::string status = i <= crash       ? "finished"
                                           : i == crash + 1 ? "active"
                                                            : "queued";
                EXPECT_EQ(listed[i].at("uuid"), lines[tenant][i]);
                EXPECT_EQ(listed[i].at("status"), status);
            }
        }
    }
    EXPECT_EQ(server_.terminate(), 0);
}

TEST_P(Partitions, cannot_be_fewer_or_more_later) {
    server_.terminate();
    const auto outcome =
        run({.words = {ServerProcess::program(), "serve", "--data", server_.data().string(),
                       "--listen", "127.0.0.1:0", "--partitions", "2"}});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.errors.find("partitions"), std::string::npos) << outcome.errors;
}

INSTANTIATE_TEST_SUITE_P(Modes, Partitions, testing::Values(guest_core, own_core), mode_name);

}  // namespace
}  // namespace signalbox
