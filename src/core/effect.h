#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "codec/body_cipher.h"
#include "core/subscription_commands.h"

namespace signalbox {

// A message for those who subscribed to its queue. It stays until all of them have it, whatever
// becomes of the message.
struct Notification {
    uint64_t sequence = 0;  // within the outbox
    MessageId message;
    Instant posted_at;
    Duration ttl{};
    uint64_t bytes_before = 0;     // of the bodies of those before it
    std::optional<BodySeal> seal;  // of the message; an effect's are open
    std::string body;              // JSON, unless it is sealed
};

// Something to do outside once what it follows from is durable: notifications for one subscriber,
// in this order, one after the other, until SubscriptionLimits::window_time_max is over. Whoever
// carries it out says how it went with ReportDelivery;
// until then nobody else is asked to tell that subscriber anything. After a restart what was not
// reported is asked for again, so a subscriber may be told twice, under the same ids.
struct Effect {
    enum class Kind : uint8_t {
        messages,
        confirmation,    // it is asked whether it wants to be told
        unsubscription,  // it has said no, and may say yes again
    };

    std::string tenant;
    OutboxNumber outbox;
    SubscriptionId subscription;
    uint64_t window = 0;
    Kind kind = Kind::messages;
    QueueName queue;
    std::string subscriber;
    Duration ttl{};  // of the subscription
    std::string options;
    uint32_t attempt = 1;  // of the first of these
    std::vector<std::shared_ptr<const Notification>> notifications;
};

}  // namespace signalbox
