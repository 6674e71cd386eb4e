#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/outbox.h"

// Rows of outboxes: docs/formats.md has their layout.

namespace signalbox {

std::string outbox_key(const QueueKey& key);
std::string subscription_key(OutboxNumber outbox, const SubscriptionId& id);
std::string delivery_key(OutboxNumber outbox, const SubscriptionId& id);
std::string notification_key(OutboxNumber outbox, uint64_t sequence);

struct OutboxRow {
    QueueKey key;
    OutboxNumber number;
    std::string tenant;
};
std::string encode_outbox(const Outbox& outbox);
std::optional<OutboxRow> decode_outbox(std::string_view key, std::string_view value);

// Whose a row of the tables subscription and delivery is.
struct SubscriptionPlace {
    OutboxNumber outbox;
    SubscriptionId id;
};
std::optional<SubscriptionPlace> decode_subscription_place(std::string_view key);

// What a subscriber wants, and how far it was told: two rows, because the second changes often.
std::string encode_subscription(const Subscription& subscription);
bool decode_subscription(std::string_view value, Subscription& subscription);
std::string encode_delivery(const Subscription& subscription);
bool decode_delivery(std::string_view value, Subscription& subscription);

void encode_notification(const Notification& notification, std::string& out);
std::optional<Notification> decode_notification(std::string_view key, std::string_view value);

}  // namespace signalbox
