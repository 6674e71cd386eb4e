#include <atomic>
#include <nlohmann/json.hpp>

#include "server/subscriber_log.h"

// Appliers that the real server calls.

namespace signalbox {
namespace {

using nlohmann::json;
using Call = WebhookSink::Call;
using Answer = WebhookSink::Answer;

class Appliers : public Subscribing {
protected:
    std::unique_ptr<WebhookSink> sink(std::function<Answer(const Call&)> answer) {
        return std::make_unique<WebhookSink>([this, answer = std::move(answer)](const Call& call) {
            log_.keep(call);
            return answer(call);
        });
    }
    void declare(Wire& wire, const std::string& url) {
        const auto declared = wire.ask(request_bytes(
            "PUT", "/api/v1/types/vm",
            json{{"appliers", {{{"name", "network"}, {"url", url}}, "storage"}}}.dump()));
        ASSERT_TRUE(declared.status == 201 || declared.status == 200) << declared.body;
    }
    // The operation that it begins.
    static std::string write(Wire& wire, const std::string& id, const std::string& body) {
        const auto written =
            wire.ask(request_bytes("PUT", "/api/v1/collections/vm/" + id, body));
        return json::parse(written.body).at("operation").at("id").get<std::string>();
    }
    static json report(Wire& wire, const std::string& operation, const std::string& body) {
        return json::parse(
            wire.ask(request_bytes("PATCH", "/api/v1/operations/" + operation, body)).body);
    }

    SubscriberLog log_;
    ServerProcess server_{with(GetParam(), {"--notify-private"})};
};

INSTANTIATE_TEST_SUITE_P(Modes, Appliers, testing::Values(guest_core, own_core), mode_name);

TEST_P(Appliers, are_told_each_change_in_order_until_they_take_it) {
    const auto applier = sink([](const Call& call) -> Answer {
        if (call.number == 1) return {.status = 500};
        return {};
    });
    Wire wire(server_.port());
    declare(wire, applier->url("/apply"));
    const auto first = write(wire, "a", R"({"cpu":1})");
    const auto second = write(wire, "a", R"({"cpu":2})");
    const auto calls = log_.wait_for(3);
    ASSERT_EQ(calls.size(), 3u);
    EXPECT_EQ(calls[0].fields.at("webhook-id"), calls[1].fields.at("webhook-id"));
    EXPECT_NE(calls[1].fields.at("webhook-id"), calls[2].fields.at("webhook-id"));
    const std::vector<std::string> operations{first, first, second};
    for (size_t i = 0; i < calls.size(); ++i) {
        EXPECT_EQ(calls[i].method, "POST");
        EXPECT_EQ(calls[i].target, "/apply");
        EXPECT_EQ(calls[i].fields.at("content-type"), "application/cloudevents+json");
        EXPECT_TRUE(calls[i].fields.contains("webhook-signature"));
        const auto event = json::parse(calls[i].body);
        EXPECT_EQ(event.at("specversion"), "1.0");
        EXPECT_EQ(event.at("source"), "/signalbox/types/vm/network");
        EXPECT_EQ(event.at("data").at("applier"), "network");
        EXPECT_EQ(event.at("data").at("operation").at("id"), operations[i]);
        EXPECT_EQ(event.at("data").at("item").at("cpu"), i < 2 ? 1 : 2);
    }
    // Having been told is not having done it.
    EXPECT_EQ(report(wire, first, R"({"applier":"network","state":"succeeded"})").at("state"),
              "running");
    EXPECT_EQ(report(wire, first, R"({"applier":"storage","state":"succeeded"})").at("state"),
              "succeeded");
}

TEST_P(Appliers, are_told_what_was_written_before_a_crash) {
    std::atomic<bool> hangs = true;
    const auto applier = sink([&](const Call&) { return Answer{.hangs = hangs.load()}; });
    std::string operation;
    {
        Wire wire(server_.port());
        declare(wire, applier->url("/apply"));
        operation = write(wire, "a", R"({"cpu":1})");
    }
    log_.wait_for(1);
    server_.kill9();
    hangs = false;
    server_.start();
    const auto calls = log_.wait_for(2);
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_EQ(calls[0].fields.at("webhook-id"), calls[1].fields.at("webhook-id"));
    EXPECT_EQ(json::parse(calls[1].body).at("data").at("operation").at("id"), operation);
}

TEST_P(Appliers, are_told_of_deletions_and_of_nothing_when_they_are_not_declared_any_more) {
    const auto applier = sink([](const Call&) { return Answer{}; });
    Wire wire(server_.port());
    declare(wire, applier->url("/apply"));
    write(wire, "a", R"({"cpu":1})");
    EXPECT_EQ(wire.ask(request_bytes("DELETE", "/api/v1/collections/vm/a")).status, 204);
    const auto calls = log_.wait_for(2);
    ASSERT_EQ(calls.size(), 2u);
    const auto deletion = json::parse(calls[1].body).at("data");
    EXPECT_EQ(deletion.at("operation").at("verb"), "delete");
    EXPECT_FALSE(deletion.contains("item"));
    const auto other = sink([](const Call&) { return Answer{}; });
    declare(wire, other->url("/elsewhere"));
    write(wire, "b", R"({"cpu":1})");
    const auto all = log_.wait_for(3);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[2].target, "/elsewhere");
}

}  // namespace
}  // namespace signalbox
