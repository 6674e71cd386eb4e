#include <future>

#include <gtest/gtest.h>

#include "client/sure.h"
#include "signalbox/client/client.h"
#include "support/cutting_proxy.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

TicketRequest request(const std::string& id) {
    TicketRequest made;
    made.resource = {.scope = "vm", .id = id};
    made.ttl = 1min;
    return made;
}

TEST(Retries, MakeNoSecondTicketWhenTheAnswersAreLost) {
    ServerProcess server;
    CuttingProxy proxy(server.port());
    const Client client({.url = proxy.url()});
    proxy.swallow_answers(3);
    const auto created = sure(client.create_ticket(request("a")));
    EXPECT_TRUE(created.replayed);
    EXPECT_EQ(proxy.connections(), 4);
    EXPECT_EQ(sure(client.list_tickets().rest()).size(), 1u);
}

TEST(Retries, DoNotMistakeAnEarlierSuccessForAFailure) {
    ServerProcess server;
    CuttingProxy proxy(server.port());
    const Client client({.url = proxy.url()});
    const auto ticket = sure(client.create_ticket(request("a"))).ticket;
    proxy.swallow_answers(1);
    sure(client.delete_ticket(ticket.uuid));
    EXPECT_EQ(client.delete_ticket(ticket.uuid).error().status, 404);
    const auto other = sure(client.create_ticket(request("a"))).ticket;
    proxy.swallow_answers(1);
    EXPECT_EQ(sure(client.release_ticket(other.uuid, {.token = other.token})).status,
              TicketStatus::finished);
}

// The server has no key to tell the second one by, so the caller must know.
TEST(Retries, LeaveItToTheCallerToMakeASecondSession) {
    ServerProcess server;
    CuttingProxy proxy(server.port());
    const Client client({.url = proxy.url()});
    proxy.swallow_answers(1);
    const auto lost = client.create_session({.name = "a", .ttl = 1min});
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().is("unreachable"));
    EXPECT_EQ(lost.error().status, 0);
    EXPECT_EQ(sure(client.list_sessions().rest()).size(), 1u);
    server.kill9();
    auto later = std::async(std::launch::async, [url = server.url()] {
        return Client({.url = url}).create_session({.name = "b", .ttl = 1min});
    });
    server.start();
    EXPECT_EQ(sure(later.get()).name, "b");
}

TEST(Retries, OutlastARestartOfTheServer) {
    ServerProcess server;
    const Client client({.url = server.url()});
    const auto first = sure(client.create_ticket(request("a"))).ticket;
    const auto second = sure(client.create_ticket(request("a"))).ticket;
    std::promise<void> waits;
    auto waiting = std::async(std::launch::async, [&] {
        bool told = false;
        WaitOptions wait;
        wait.interval = 10ms;
        wait.on_queued = [&](const Ticket&) {
            if (!std::exchange(told, true)) waits.set_value();
        };
        return client.wait_ticket(second.uuid, wait);
    });
    waits.get_future().wait();
    server.kill9();
    auto released = std::async(std::launch::async, [&] {
        return client.release_ticket(first.uuid, {.token = first.token});
    });
    server.start();
    EXPECT_EQ(sure(released.get()).status, TicketStatus::finished);
    EXPECT_EQ(sure(waiting.get()).status, TicketStatus::active);
    // A stop with grace answers those that wait, and they come back.
    const auto third = sure(client.create_ticket(request("a"))).ticket;
    auto next = std::async(std::launch::async, [&] { return client.wait_ticket(third.uuid); });
    EXPECT_EQ(server.terminate(), 0);
    server.start();
    sure(client.release_ticket(second.uuid));
    EXPECT_EQ(sure(next.get()).status, TicketStatus::active);
}

TEST(Retries, EndWhenTheirTimeIsOver) {
    ServerProcess server;
    const Client client({.url = server.url(), .retry_for = 200ms});
    server.kill9();
    const auto started = std::chrono::steady_clock::now();
    const auto lost = client.get_ticket("b358faf7-4ef9-4d5f-9b7b-2f3c1f4e5a6b");
    EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().is("unreachable"));
    EXPECT_NE(lost.error().text().find("cannot reach " + server.url()), std::string::npos);
    const auto once = client.get_ticket("x", {.retry_for = 0ms});
    EXPECT_TRUE(once.error().is("unreachable"));
}

TEST(Retries, GiveUpOnAServerThatDoesNotAnswer) {
    ServerProcess server;
    const Client client({.url = server.url(), .attempt_timeout = 100ms, .retry_for = 0ms});
    sure(client.list_tickets().rest());
    server.freeze();
    const auto lost = client.create_ticket(request("a"));
    server.thaw();
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().is("unreachable"));
    const auto deadline = std::chrono::steady_clock::now() - 1ms;
    EXPECT_TRUE(client.list_lines({}, {.deadline = deadline}).rest().error().is("unreachable"));
}

TEST(Retries, CanBeStopped) {
    ServerProcess server;
    const Client client({.url = server.url(), .retry_for = 1h});
    server.kill9();
    std::stop_source source;
    auto trying = std::async(std::launch::async, [&] {
        return client.create_ticket(request("a"), {.stop = source.get_token()});
    });
    source.request_stop();
    ASSERT_EQ(trying.wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(trying.get().error().is("cancelled"));
}

TEST(Retries, WaitForALineThatIsDrained) {
    ServerProcess server;
    const Client client({.url = server.url()});
    const Resource resource{.scope = "vm", .id = "a"};
    sure(client.set_line(resource, {.draining = true, .reason = "maintenance"}));
    const auto refused = client.create_ticket(request("a"), {.retry_for = 0ms});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 503);
    EXPECT_EQ(refused.error().retry_after, 1s);
    EXPECT_NE(refused.error().text().find("maintenance"), std::string::npos);
    auto created =
        std::async(std::launch::async, [&] { return client.create_ticket(request("a")); });
    sure(client.set_line(resource, {.draining = false, .reason = ""}));
    EXPECT_EQ(sure(created.get()).ticket.status, TicketStatus::active);
}

TEST(Client, SaysWhatIsWrongWithItsUrl) {
    for (const auto* url : {"ftp://127.0.0.1:1", "http://", "nonsense://"}) {
        const auto refused = Client({.url = url}).get_ticket("x");
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().is("invalid_argument")) << url;
        EXPECT_EQ(refused.error().field, "url") << url;
    }
}

TEST(Client, IsToldWhereTheServerIsByTheEnvironment) {
    ::setenv("SIGNALBOX_URL", "http://127.0.0.1:1/", 1);
    ::setenv("SIGNALBOX_TOKEN", "secret", 1);
    ::setenv("SIGNALBOX_TENANT", "", 1);
    const auto options = Options::from_environment();
    EXPECT_EQ(options.url, "http://127.0.0.1:1/");
    EXPECT_EQ(options.token, "secret");
    EXPECT_EQ(options.tenant, "");
    ::unsetenv("SIGNALBOX_URL");
    ::unsetenv("SIGNALBOX_TOKEN");
    ::unsetenv("SIGNALBOX_TENANT");
    EXPECT_EQ(Options::from_environment().url, "http://127.0.0.1:7400");
}

}  // namespace
}  // namespace signalbox::client
