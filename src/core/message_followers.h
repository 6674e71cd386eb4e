#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "core/queue.h"
#include "core/step.h"
#include "core/subscription_commands.h"

namespace signalbox {

// Who is given each message of a queue as it is posted, for as long as they are connected. In
// memory only: whoever was not there was not told. Core thread.
//
// Invariants (check()): each follower stands under exactly the queue that it follows.
class MessageFollowers {
public:
    explicit MessageFollowers(const SubscriptionLimits& limits) : limits_(limits) {}

    // `overloaded` when there are too many, of all queues or of this one.
    Result<MessagesFollowed> follow(RequestId request, const QueueKey& key);
    // The tenant whose queue it followed; nothing when it is no follower.
    std::optional<TenantId> unfollow(RequestId request);
    // In the order of their requests.
    [[nodiscard]] std::vector<RequestId> all() const;

    struct Posted {
        Duration ttl{};
        std::string_view body;  // JSON, and not sealed
    };
    // For those that follow its queue; with the others of the step.
    void tell(const QueueKey& key, const Posted& message);
    // Delivers what the step has posted, when it is durable: one event for each queue, which all
    // that follow it share, however many messages there are.
    void settle(Step& step);

    [[nodiscard]] size_t count() const { return followers_.size(); }
    void check() const;

private:
    const SubscriptionLimits& limits_;
    std::map<RequestId, QueueKey> followers_;
    std::map<QueueKey, std::vector<RequestId>> by_queue_;
    std::map<QueueKey, std::string> posted_;  // a JSON array without its end
};

}  // namespace signalbox
