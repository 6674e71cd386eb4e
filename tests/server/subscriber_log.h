#pragma once

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "server/server_fixture.h"
#include "support/webhook_sink.h"

namespace signalbox {

// What a sink was told, for a test that waits for it.
class SubscriberLog {
public:
    // Calls of a handler are kept before they are answered.
    void keep(const WebhookSink::Call& call) {
        const std::lock_guard lock(mutex_);
        calls_.push_back(call);
        changed_.notify_all();
    }
    // The first ones, once there are so many; fewer when they do not come, which is for the test to
    // see.
    std::vector<WebhookSink::Call> wait_for(size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, Subprocess::patience, [&] { return calls_.size() >= count; });
        return calls_;
    }
    size_t count() {
        const std::lock_guard lock(mutex_);
        return calls_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<WebhookSink::Call> calls_;
};

// Of a webhook: the message in it.
inline std::string body_of(const WebhookSink::Call& call) {
    return nlohmann::json::parse(call.body).at("body").dump();
}

// Requests of Zaqar's API for a queue and its subscriptions.
class Subscribing : public ServerFixture {
protected:
    static std::string zaqar(std::string_view method, const std::string& target,
                             std::string_view body = {}) {
        return request_bytes(method, "/v2/queues/" + target, body,
                             "Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\n"
                             "X-Project-ID: p\r\n");
    }
    // The id of the subscription.
    static std::string subscribe(Wire& wire, const std::string& queue,
                                 const std::string& subscriber, const std::string& options = "{}") {
        const auto made = wire.ask(zaqar(
            "POST", queue + "/subscriptions",
            R"({"ttl":86400,"subscriber":")" + subscriber + R"(","options":)" + options + "}"));
        EXPECT_EQ(made.status, 201) << made.body;
        return Json::parse(made.body).at("subscription_id");
    }
    // The ids of messages with these bodies, which are JSON.
    static std::vector<std::string> post(Wire& wire, const std::string& queue,
                                         const std::vector<std::string>& bodies) {
        Json messages = Json::array();
        for (const auto& body : bodies) messages.push_back({{"body", Json::parse(body)}});
        const auto posted =
            wire.ask(zaqar("POST", queue + "/messages", Json{{"messages", messages}}.dump()));
        EXPECT_EQ(posted.status, 201) << posted.body;
        std::vector<std::string> ids;
        const auto document = Json::parse(posted.body);
        for (const std::string path : document.at("resources")) {
            ids.push_back(path.substr(path.rfind('/') + 1));
        }
        return ids;
    }
    static Json show(Wire& wire, const std::string& queue, const std::string& id) {
        return Json::parse(wire.ask(zaqar("GET", queue + "/subscriptions/" + id)).body);
    }
    // Looks until that member of its delivery is that, or as many at least: counts move on.
    static Json wait_for_delivery(Wire& wire, const std::string& queue, const std::string& id,
                                  const std::string& member, const Json& value) {
        const auto deadline = std::chrono::steady_clock::now() + Subprocess::patience;
        const auto has_come = [&](const Json& found) {
            return value.is_number() ? found >= value : found == value;
        };
        Json shown;
        do {
            shown = show(wire, queue, id);
        } while (!has_come(shown.at("delivery").at(member)) &&
                 std::chrono::steady_clock::now() < deadline);
        EXPECT_TRUE(has_come(shown.at("delivery").at(member))) << shown;
        return shown;
    }
};

}  // namespace signalbox
