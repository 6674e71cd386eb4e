#include <atomic>

#include "base/time.h"
#include "codec/webhook_signature.h"
#include "server/subscriber_log.h"

// Webhooks of the real server, to a subscriber that does what the test wants.

namespace signalbox {
namespace {

using Call = WebhookSink::Call;
using Answer = WebhookSink::Answer;

class Webhooks : public Subscribing {
protected:
    // With a subscriber that is told how to answer.
    std::unique_ptr<WebhookSink> sink(std::function<Answer(const Call&)> answer) {
        return std::make_unique<WebhookSink>([this, answer = std::move(answer)](const Call& call) {
            log_.keep(call);
            return answer(call);
        });
    }
    static Answer fine(const Call& /*call*/) { return {}; }

    SubscriberLog log_;
    ServerProcess server_{with(GetParam(), {"--notify-private"})};
    Wire wire_{server_.port()};
};

INSTANTIATE_TEST_SUITE_P(Modes, Webhooks, testing::Values(guest_core, own_core), mode_name);

TEST_P(Webhooks, tell_each_message_once_in_order_and_signed) {
    const auto subscriber = sink(fine);
    const auto subscription = subscribe(wire_, "q", subscriber->url("/bell?x=1"));
    std::vector<std::string> bodies;
    for (int i = 0; i < 150; ++i) bodies.push_back(std::to_string(i));
    const auto ids = post(wire_, "q", bodies);
    const auto calls = log_.wait_for(bodies.size());
    ASSERT_EQ(calls.size(), bodies.size());
    const auto shown = wait_for_delivery(wire_, "q", subscription, "delivered", bodies.size());
    const auto key = webhook_key(shown.at("signing_secret").get<std::string>());
    for (size_t i = 0; i < calls.size(); ++i) {
        const Call& call = calls[i];
        EXPECT_EQ(call.method, "POST");
        EXPECT_EQ(call.target, "/bell?x=1");
        EXPECT_EQ(body_of(call), bodies[i]);
        EXPECT_EQ(call.fields.at("content-type"), "application/json");
        EXPECT_EQ(call.fields.at("signalbox-attempt"), "1");
        EXPECT_TRUE(call.fields.at("user-agent").starts_with("signalbox/"));
        EXPECT_EQ(call.fields.at("webhook-id"), ids[i] + "-" + subscription);
        const auto& id = call.fields.at("webhook-id");
        EXPECT_EQ(
            call.fields.at("webhook-signature"),
            sign_webhook(key, {id, std::stoll(call.fields.at("webhook-timestamp"))}, call.body));
        EXPECT_EQ(call.connection, 1u) << "the connection is kept";
    }
    EXPECT_EQ(log_.count(), bodies.size());
}

// Whatever is no success: again, under the same id, before anything behind it.
TEST_P(Webhooks, tell_again_what_was_not_taken) {
    const auto subscriber = sink([](const Call& call) -> Answer {
        switch (call.number) {
            case 1: return {.status = 500};
            case 2: return {.status = 302, .fields = {{"Location", "/elsewhere"}}};
            case 3: return {.cuts = true};
            case 4: return {.status = 404};
            default: return {.status = 200, .body = "thanks"};
        }
    });
    const auto subscription =
        subscribe(wire_, "q", subscriber->url("/bell"),
                  R"({"_retry_policy":{"retries_with_no_delay":20},"post_headers":{"X-Mine":"yes",
            "webhook-id":"no"}})");
    post(wire_, "q", {"1", "2"});
    const auto calls = log_.wait_for(6);
    ASSERT_EQ(calls.size(), 6u);
    // The third call went over a connection that was kept, and ended without an answer: it may have
    // ended before, so the same attempt is made over a new one.
    const std::vector<std::string> attempts{"1", "2", "3", "3", "4", "1"};
    for (size_t i = 0; i < calls.size(); ++i) {
        EXPECT_EQ(calls[i].target, "/bell");
        EXPECT_EQ(body_of(calls[i]), i < 5 ? "1" : "2");
        EXPECT_EQ(calls[i].fields.at("signalbox-attempt"), attempts[i]);
        EXPECT_EQ(calls[i].fields.at("webhook-id"), calls[i < 5 ? 0 : 5].fields.at("webhook-id"));
        EXPECT_EQ(calls[i].fields.at("x-mine"), "yes");
        EXPECT_TRUE(calls[i].fields.at("host").starts_with("127.0.0.1:"));
    }
    const auto shown = wait_for_delivery(wire_, "q", subscription, "delivered", 2);
    EXPECT_EQ(shown.at("delivery").at("last_error"), nullptr);
}

TEST_P(Webhooks, wait_as_long_as_they_are_asked_to) {
    const auto subscriber = sink([](const Call& call) -> Answer {
        if (call.number > 1) return {};
        return {.status = 429, .fields = {{"Retry-After", "3600"}}};
    });
    const auto subscription = subscribe(wire_, "q", subscriber->url());
    const auto before = std::chrono::system_clock::now();
    post(wire_, "q", {"1"});
    const auto shown = wait_for_delivery(wire_, "q", subscription, "failures", 1);
    EXPECT_EQ(shown.at("delivery").at("last_error"), "it answered 429");
    const auto next =
        parse_instant(shown.at("delivery").at("next_attempt_at").get<std::string>()).value();
    EXPECT_GE(next, std::chrono::floor<Duration>(before) + std::chrono::hours(1));
}

TEST_P(Webhooks, tell_nothing_more_to_who_is_gone) {
    const auto gone = sink([](const Call& /*call*/) { return Answer{.status = 410}; });
    const auto subscription = subscribe(wire_, "q", gone->url());
    post(wire_, "q", {"1", "2"});
    wait_for_delivery(wire_, "q", subscription, "gone", true);
    const auto other = sink(fine);
    subscribe(wire_, "q", other->url("/other"));
    post(wire_, "q", {"3"});
    const auto calls = log_.wait_for(2);
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_EQ(calls[1].target, "/other");
}

// Connections to one place are as many as are needed.
TEST_P(Webhooks, are_not_held_up_by_those_that_hang) {
    const auto subscriber = sink(
        [](const Call& call) -> Answer { return {.hangs = call.target.starts_with("/hangs")}; });
    constexpr size_t hanging = 20;
    for (size_t i = 0; i < hanging; ++i) {
        subscribe(wire_, "q", subscriber->url("/hangs/" + std::to_string(i)));
    }
    const auto subscription = subscribe(wire_, "q", subscriber->url("/fast"));
    post(wire_, "q", {"0"});
    log_.wait_for(hanging + 1);
    std::vector<std::string> bodies;
    for (int i = 1; i < 200; ++i) bodies.push_back(std::to_string(i));
    post(wire_, "q", bodies);
    const auto calls = log_.wait_for(hanging + 200);
    std::vector<std::string> told;
    size_t hung = 0;
    for (const auto& call : calls) {
        if (call.target == "/fast") told.push_back(body_of(call));
        if (call.target != "/fast") ++hung;
    }
    bodies.insert(bodies.begin(), "0");
    EXPECT_EQ(told, bodies);
    EXPECT_EQ(hung, hanging) << "they are still waited for";
    wait_for_delivery(wire_, "q", subscription, "delivered", 200);
    // Whoever hangs keeps the server for a moment only.
    EXPECT_EQ(server_.terminate(), 0);
}

TEST_P(Webhooks, take_the_status_for_the_answer_however_long_that_is) {
    const auto subscriber = sink(
        [](const Call& call) -> Answer { return {.status = 200, .is_endless = call.number == 1}; });
    const auto subscription = subscribe(wire_, "q", subscriber->url());
    post(wire_, "q", {"1", "2"});
    wait_for_delivery(wire_, "q", subscription, "delivered", 2);
    EXPECT_EQ(log_.count(), 2u);
}

// What was not told when the server ended is told by the next one, under the same id.
TEST_P(Webhooks, survive_the_server) {
    std::atomic<bool> hangs = true;
    const auto subscriber = sink([&](const Call& /*call*/) { return Answer{.hangs = hangs}; });
    const auto subscription = subscribe(wire_, "q", subscriber->url());
    post(wire_, "q", {"1", "2", "3"});
    ASSERT_EQ(log_.wait_for(1).size(), 1u);
    server_.kill9();
    server_.start();
    ASSERT_EQ(log_.wait_for(2).size(), 2u);
    server_.terminate();
    hangs = false;
    server_.start();
    const auto calls = log_.wait_for(5);
    ASSERT_EQ(calls.size(), 5u);
    for (size_t i = 0; i < calls.size(); ++i) {
        EXPECT_EQ(body_of(calls[i]), i < 3 ? "1" : std::to_string(i - 1));
        if (i < 3) {
            EXPECT_EQ(calls[i].fields.at("webhook-id"), calls[0].fields.at("webhook-id"));
            EXPECT_EQ(calls[i].fields.at("signalbox-attempt"), "1");
        }
    }
    Wire wire(server_.port());
    wait_for_delivery(wire, "q", subscription, "delivered", 3);
}

TEST_P(Webhooks, are_counted) {
    const auto subscriber = sink([](const Call& call) -> Answer {
        return {.status = static_cast<uint16_t>(call.number == 1 ? 500 : 204)};
    });
    const auto subscription = subscribe(wire_, "q", subscriber->url());
    post(wire_, "q", {"1", "2"});
    wait_for_delivery(wire_, "q", subscription, "delivered", 2);
    const std::string attempts = "signalbox_delivery_attempts_total";
    EXPECT_EQ(wire_.metric(attempts + R"({kind="webhook",outcome="failed"})"), 1u);
    EXPECT_EQ(wire_.metric(attempts + R"({kind="webhook",outcome="succeeded"})"), 2u);
    EXPECT_EQ(wire_.metric(R"(signalbox_deliveries_under_way{kind="webhook"})"), 0u);
}

class GuardedWebhooks : public Subscribing {};

INSTANTIATE_TEST_SUITE_P(Modes, GuardedWebhooks, testing::Values(guest_core, own_core), mode_name);

TEST_P(GuardedWebhooks, call_no_private_address_however_it_is_written) {
    SubscriberLog log;
    WebhookSink sink([&](const Call& call) {
        log.keep(call);
        return Answer();
    });
    ServerProcess server(with(GetParam()));
    Wire wire(server.port());
    const auto port = std::to_string(sink.port());
    for (const std::string host : {"127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1",
                                   "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
        const auto id = subscribe(wire, "q", "http://" + host + ":" + port + "/");
        post(wire, "q", {"1"});
        const auto shown = wait_for_delivery(wire, "q", id, "failures", 1);
        const std::string error = shown.at("delivery").at("last_error");
        EXPECT_TRUE(error.starts_with("its address must not be called")) << host << ": " << error;
        EXPECT_EQ(wire.ask(zaqar("DELETE", "q/subscriptions/" + id)).status, 204);
    }
    EXPECT_EQ(log.count(), 0u);
}

TEST_P(GuardedWebhooks, call_those_in_a_network_that_is_allowed) {
    SubscriberLog log;
    WebhookSink sink([&](const Call& call) {
        log.keep(call);
        return Answer();
    });
    ServerProcess server(
        with(GetParam(), {"--notify-network", "10.0.0.0/8", "--notify-network", "127.0.0.0/8"}));
    Wire wire(server.port());
    const auto id = subscribe(wire, "q", sink.url());
    post(wire, "q", {"1"});
    wait_for_delivery(wire, "q", id, "delivered", 1);
    EXPECT_EQ(log.count(), 1u);
}

TEST_P(GuardedWebhooks, say_why_they_did_not_arrive) {
    ServerProcess server(with(GetParam(), {"--notify-private", "--notify-timeout", "300ms"}));
    Wire wire(server.port());
    WebhookSink hanging([](const Call& /*call*/) { return Answer{.hangs = true}; });
    const auto late = subscribe(wire, "q", hanging.url());
    int free_port = 0;
    {
        WebhookSink closed([](const Call& /*call*/) { return Answer(); });
        free_port = closed.port();
    }
    const auto nobody = subscribe(wire, "q", "http://127.0.0.1:" + std::to_string(free_port));
    const auto tls = subscribe(wire, "q", "https" + hanging.url().substr(4));
    post(wire, "q", {"1"});
    const auto error_of = [&](const std::string& id) -> std::string {
        Json error;
        while (!error.is_string()) error = show(wire, "q", id).at("delivery").at("last_error");
        return error;
    };
    EXPECT_EQ(error_of(late), "no answer within 300ms");
    EXPECT_EQ(error_of(nobody), "Couldn't connect to server");
    EXPECT_NE(error_of(tls), "");
}

}  // namespace
}  // namespace signalbox
