#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signalbox/client/message.h"

namespace signalbox::client {

struct ClaimRequest {
    size_t limit = 10;
    std::optional<Duration> ttl = std::nullopt;    // the server's 5 minutes when absent
    std::optional<Duration> grace = std::nullopt;  // messages outlive the claim by so much
    Duration wait{};                               // for a message, when there is none
};

// Messages that are somebody's for a while. What he does not acknowledge or release until it
// expires is free again.
struct Claim {
    std::string id;  // empty: there was no message
    Duration ttl{};
    Instant expires_at;
    std::vector<Message> messages;
    std::string json;  // all of it as the server said it

    explicit operator bool() const { return !id.empty(); }
};

struct ClaimRenewal {
    std::optional<Duration> ttl = std::nullopt;
    std::optional<Duration> grace = std::nullopt;
};

struct ClaimRelease {
    std::vector<std::string> ids = {};  // empty: all that it holds
    Duration delay{};                   // until they can be claimed again
    bool failed = false;                // counts like a claim that expired
};

}  // namespace signalbox::client
