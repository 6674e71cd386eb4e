#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "signalbox/client/options.h"

namespace signalbox::client {

// What is absent follows the server's limits.
struct QueueSettings {
    std::optional<Duration> ttl = std::nullopt;             // of messages that name none
    std::optional<Duration> delay = std::nullopt;           // likewise
    std::optional<uint64_t> post_bytes_max = std::nullopt;  // of one request that posts
    std::optional<uint64_t> messages_max = std::nullopt;    // kept; the oldest go first
    std::optional<uint64_t> bytes_max = std::nullopt;       // likewise
    // For so long the same idempotency key, or `dedup` of a message, posts nothing again.
    std::optional<Duration> dedup_window = std::nullopt;
    // After so many claims that expired, a message goes to the dead letter queue.
    std::optional<uint64_t> claims_max = std::nullopt;
    std::optional<std::string> dead_letter_queue = std::nullopt;
    std::optional<Duration> dead_letter_ttl = std::nullopt;
};

struct MessageMark {
    std::string id;
    Instant created_at;
    Duration age{};
};

struct QueueStats {
    uint64_t free = 0;  // may be claimed now
    uint64_t claimed = 0;
    uint64_t delayed = 0;
    uint64_t total = 0;  // the sum of the three
    uint64_t bytes = 0;  // of their bodies
    uint64_t claims = 0;
    uint64_t posted = 0;   // since the queue was made
    uint64_t waiters = 0;  // requests that wait for a message
    std::optional<MessageMark> oldest;
    std::optional<MessageMark> newest;
    std::string json;  // all of it as the server said it
};

struct Queue {
    std::string name;
    QueueSettings settings;
    std::string metadata;  // a JSON object
    Instant created_at;
    uint64_t version = 0;             // rises with each change
    std::optional<QueueStats> stats;  // when they were asked for
    std::string json;                 // all of it as the server said it
};

struct QueueRequest {
    QueueSettings settings = {};
    std::string metadata = "{}";  // a JSON object
};

// What is absent stays as it is.
struct QueueChange {
    QueueSettings settings = {};
    std::vector<std::string> unset = {};                // settings to forget, by name
    std::string metadata = "{}";                        // a merge patch (RFC 7396)
    std::optional<uint64_t> if_version = std::nullopt;  // refuse when it is another by now
};

struct QueueFilter {
    std::string prefix = {};  // of the name
    bool with_stats = false;
    size_t page_items = 100;
};

// Somebody who reads a queue without taking anything from it, and where he is.
struct Reader {
    std::string reader;
    uint64_t sequence = 0;  // everything up to here was read
    Instant updated_at;
    std::string json;
};

}  // namespace signalbox::client
