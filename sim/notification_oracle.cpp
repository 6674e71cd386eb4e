#include "sim/notification_oracle.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/ids.h"
#include "codec/webhook_signature.h"

namespace signalbox {
namespace {

std::string field_of(const OutgoingRequest& request, std::string_view name) {
    for (const auto& [known, value] : request.fields) {
        if (known == name) return value;
    }
    return {};
}

}  // namespace

void NotificationOracle::subscribed(const std::string& url, const std::string& queue,
                                    const std::string& id) {
    ASSERT(posted_[queue].empty());
    Subscriber& subscriber = subscribers_[url];
    subscriber.queue = queue;
    subscriber.id = id;
}

void NotificationOracle::posted(const std::string& queue, const std::string& body) {
    auto& bodies = posted_[queue];
    const bool is_new = places_.emplace(body, bodies.size()).second;
    ASSERT(is_new);
    bodies.push_back(body);
}

void NotificationOracle::complain(const std::string& url, const std::string& what) {
    constexpr size_t complaints_max = 20;
    if (complaints_.size() < complaints_max) complaints_.push_back(url + " " + what);
}

void NotificationOracle::called(const OutgoingRequest& request, uint16_t status) {
    ++arrivals_;
    const std::string& url = request.url;
    digest_ = checksum(url + request.body + std::to_string(status), digest_);
    const auto found = subscribers_.find(url);
    if (found == subscribers_.end()) return complain(url, "was called, but never subscribed");
    Subscriber& subscriber = found->second;
    const auto document = nlohmann::json::parse(request.body, nullptr, false);
    const std::string body = document.is_object() ? document.value("body", "") : "";
    const auto place = places_.find(body);
    if (place == places_.end()) return complain(url, "was told what nobody posted: " + body);
    check_signature(url, subscriber, request);

    const auto id = field_of(request, "webhook-id");
    const auto what = url + " " + body;
    if (ids_.emplace(id, what).first->second != what) complain(url, "knows that id: " + id);
    const auto [told, is_first] = subscriber.told.try_emplace(place->second, Told{id});
    if (told->second.id != id) {
        complain(url, fmt::format("was told {} as {} and as {}", body, told->second.id, id));
    }
    if (is_first && place->second > subscriber.taken) {
        complain(url, fmt::format("was told {} before what is ahead of it", body));
    }
    if (status == 410) subscriber.is_gone = true;
    if (status >= 300) return;
    told->second.was_taken = true;
    if (place->second == subscriber.taken) ++subscriber.taken;
}

void NotificationOracle::check_signature(const std::string& url, const Subscriber& subscriber,
                                         const OutgoingRequest& request) {
    const auto id = field_of(request, "webhook-id");
    const auto seconds = std::stoll(field_of(request, "webhook-timestamp"));
    const auto subscription = SubscriptionId::parse(subscriber.id);
    ASSERT(subscription);
    const auto key = webhook_key(webhook_secret(secret_, *subscription));
    if (field_of(request, "webhook-signature") != sign_webhook(key, {id, seconds}, request.body)) {
        complain(url, "was told " + id + " with a wrong signature");
    }
}

std::vector<std::string> NotificationOracle::verify() const {
    auto complaints = complaints_;
    for (const auto& [url, subscriber] : subscribers_) {
        const size_t expected = posted_.at(subscriber.queue).size();
        if (subscriber.is_gone || subscriber.taken == expected) continue;
        complaints.push_back(fmt::format("{} has taken {} of {} messages of {}", url,
                                         subscriber.taken, expected, subscriber.queue));
    }
    return complaints;
}

}  // namespace signalbox
