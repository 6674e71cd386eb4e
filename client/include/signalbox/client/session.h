#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "signalbox/client/options.h"

namespace signalbox::client {

// The life of a client, as the server sees it. Tickets may hang on it, and end with it.
struct SessionRequest {
    std::string name = {};  // for people
    Duration ttl{};         // without renewal or connection for so long, it ends
    std::optional<Duration> grace = std::nullopt;  // how long it outlives its last connection
};

struct Session {
    std::string id;
    std::string name;
    Duration ttl{};
    Duration grace{};
    Instant created_at;
    uint64_t connections = 0;
    uint64_t tickets = 0;
    std::optional<Duration> ends_in;  // nothing while a connection holds it
    std::string json;                 // all of it as the server said it
};

}  // namespace signalbox::client
