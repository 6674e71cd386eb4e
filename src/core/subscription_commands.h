#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "core/queue_commands.h"

// What can be asked of subscriptions: who is told of the messages of a queue. They belong to the
// queue's name, whether there is such a queue at the moment or not.

namespace signalbox {

// How far somebody was told.
struct DeliveryStatus {
    uint64_t pending = 0;    // messages
    uint64_t delivered = 0;  // since it exists
    uint64_t dropped = 0;    // given up, too old, or too many
    uint32_t failures = 0;   // of the next one, so far
    std::optional<Instant> next_attempt_at;
    std::string last_error;  // of the last attempt that failed; stays until one succeeds
    bool is_under_way = false;
    bool is_gone = false;  // it said so itself, and is told nothing any more
};

struct SubscriptionView {
    SubscriptionId id;
    QueueName queue;
    std::string subscriber;  // a URI
    Duration ttl{};
    Duration age{};       // since it was made, or its ttl set anew
    std::string options;  // a JSON object
    bool is_confirmed = false;
    DeliveryStatus delivery;
};

struct SubscriptionCreated {
    SubscriptionId id;
    bool is_new = true;
    bool is_confirmed = false;
};
struct SubscriptionUpdated {};
struct SubscriptionDeleted {
    bool existed = true;
};
struct SubscriptionList {
    std::vector<SubscriptionView> subscriptions;  // in the order of their ids
};

// The same subscriber again is the subscription that there is, and is asked to confirm again; once
// it is confirmed: `conflict`.
struct CreateSubscription {
    using Answer = SubscriptionCreated;
    QueueName queue;
    std::string subscriber;
    Duration ttl{};
    std::string options = "{}";
    bool needs_confirmation = false;
};

struct GetSubscription {
    using Answer = SubscriptionView;
    QueueName queue;
    SubscriptionId id;
};

struct ListSubscriptions {
    using Answer = SubscriptionList;
    QueueName queue;
    std::optional<SubscriptionId> after;
    size_t limit = 10;
};

// What is absent stays as it is. A ttl counts from now.
struct UpdateSubscription {
    using Answer = SubscriptionUpdated;
    QueueName queue;
    SubscriptionId id;
    std::optional<std::string> subscriber;
    std::optional<Duration> ttl;
    std::optional<std::string> options;
};

struct DeleteSubscription {
    using Answer = SubscriptionDeleted;
    QueueName queue;
    SubscriptionId id;
};

// By the subscriber itself. One that takes it back is told so, and may confirm again.
struct ConfirmSubscription {
    using Answer = SubscriptionUpdated;
    QueueName queue;
    SubscriptionId id;
    bool is_confirmed = true;
};

struct SubscriptionsPurged {
    uint64_t count = 0;
};
// All of a queue.
struct PurgeSubscriptions {
    using Answer = SubscriptionsPurged;
    QueueName queue;
};

struct MessagesFollowed {};
// From now on, and until it is taken back, whoever asks is delivered an event whenever messages are
// posted to the queue: "messages.posted", an array with {"ttl_ms", "body"} for each. It is stored
// nowhere; nobody catches up.
struct FollowMessages {
    using Answer = MessagesFollowed;
    QueueName queue;
};

// Stands for a queue's name and its subscribers in keys. Given out by a partition, from 1.
using OutboxNumber = StrongNumber<struct OutboxNumberTag>;

struct DeliveryReported {};

// How an Effect was carried out; by whoever carried it out, and by nobody else.
struct ReportDelivery {
    using Answer = DeliveryReported;
    struct Failure {
        std::string why;
        std::optional<Duration> retry_after;  // as the subscriber wishes
        bool is_gone = false;                 // and will not come back
    };

    OutboxNumber outbox;
    SubscriptionId subscription;
    uint64_t window = 0;             // of the effect
    size_t delivered = 0;            // so many of its notifications, from the first
    std::optional<Failure> failure;  // of the next one
};

}  // namespace signalbox
