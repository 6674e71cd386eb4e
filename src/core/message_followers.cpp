#include "core/message_followers.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {

Result<MessagesFollowed> MessageFollowers::follow(RequestId request, const QueueKey& key) {
    if (followers_.size() >= limits_.followers_max) {
        return fail(ErrorCode::overloaded, "too many connections follow queues");
    }
    const auto found = by_queue_.find(key);
    if (found != by_queue_.end() && found->second.size() >= limits_.followers_per_queue_max) {
        return fail(ErrorCode::overloaded, "too many connections follow this queue", "queue");
    }
    const bool is_new = followers_.emplace(request, key).second;
    ASSERT(is_new);
    by_queue_[key].push_back(request);
    return MessagesFollowed{};
}

std::optional<TenantId> MessageFollowers::unfollow(RequestId request) {
    const auto found = followers_.find(request);
    if (found == followers_.end()) return std::nullopt;
    const auto entry = by_queue_.find(found->second);
    ASSERT(entry != by_queue_.end());
    std::erase(entry->second, request);
    if (entry->second.empty()) by_queue_.erase(entry);
    const TenantId tenant = found->second.tenant;
    followers_.erase(found);
    return tenant;
}

std::vector<RequestId> MessageFollowers::all() const {
    std::vector<RequestId> requests;
    requests.reserve(followers_.size());
    for (const auto& [request, key] : followers_) requests.push_back(request);
    return requests;
}

void MessageFollowers::tell(const QueueKey& key, const Posted& message) {
    if (by_queue_.empty() || !by_queue_.contains(key)) return;
    std::string& posted = posted_[key];
    fmt::format_to(std::back_inserter(posted), R"({}{{"ttl_ms":{},"body":{}}})",
                   posted.empty() ? '[' : ',', message.ttl.count(), message.body);
}

void MessageFollowers::settle(Step& step) {
    for (auto& [key, posted] : posted_) {
        const auto found = by_queue_.find(key);
        if (found == by_queue_.end()) continue;
        auto event = std::make_shared<Event>();
        event->tenant = key.tenant;
        event->position.revision = step.revision();
        event->time = step.now.wall;
        event->type = "messages.posted";
        event->subject = key.queue.name;
        event->data = std::move(posted);
        event->data += ']';
        const std::shared_ptr<const Event> shared = std::move(event);
        for (const auto request : found->second) step.ready.deliveries.push_back({request, shared});
    }
    posted_.clear();
}

void MessageFollowers::check() const {
    size_t listed = 0;
    for (const auto& [key, requests] : by_queue_) {
        ASSERT(!requests.empty());
        for (const auto request : requests) ASSERT(followers_.at(request) == key);
        listed += requests.size();
    }
    ASSERT(listed == followers_.size());
}

}  // namespace signalbox
