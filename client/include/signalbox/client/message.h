#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signalbox/client/options.h"

namespace signalbox::client {

struct NewMessage {
    std::string body;                            // any JSON value
    std::optional<Duration> ttl = std::nullopt;  // the queue's when absent
    std::optional<Duration> delay = std::nullopt;
    std::optional<Instant> deliver_at = std::nullopt;  // instead of a delay
    std::string group = {};                            // within it one after another
    uint8_t priority = 0;                              // 0 to 9; higher ones are claimed first
    std::string dedup = {};  // the same again within the queue's window posts nothing
};

struct PostOptions {
    // Two posts with one key post once. Made up when empty, so that a post which is repeated
    // because a connection broke cannot post twice.
    std::string idempotency_key = {};
    CallOptions call = {};
};

struct Posted {
    std::vector<std::string> ids;  // in the order of the request
    bool replayed = false;         // the key was known, and nothing was posted now
};

struct Message {
    std::string id;
    uint64_t sequence = 0;  // rises in the order of posting
    Instant created_at;
    Duration age{};  // when the server said so
    Duration ttl{};
    uint64_t claim_count = 0;
    std::optional<Instant> delayed_until;
    std::string claim;  // empty: nobody holds it
    uint8_t priority = 0;
    std::string group;
    std::string body;  // a JSON value
    std::string json;  // all of it as the server said it
};

struct MessageFilter {
    uint64_t after = 0;  // a sequence, exclusive
    bool include_claimed = false;
    bool include_delayed = false;
    // Instead: from where that reader is, everything.
    std::string reader = {};
    size_t page_items = 100;
};

// Many messages as text, one JSON value a line. In `body` form a line is a body; in `message`
// form it is an object with the members that a message is posted with.
enum class NdjsonForm : uint8_t { body, message };

struct NdjsonPost {
    NdjsonForm form = NdjsonForm::body;
    // What the messages have in common, with bodies only.
    std::optional<Duration> ttl = std::nullopt;
    std::optional<Duration> delay = std::nullopt;
    std::string group = {};
    uint8_t priority = 0;
    PostOptions options = {};
};

struct NdjsonPage {
    std::string text;  // one value a line, each with its line end
    uint64_t next_after = 0;
};

}  // namespace signalbox::client
