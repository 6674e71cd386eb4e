#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

// What can be asked of sessions, and what is answered.

namespace signalbox {

struct SessionView {
    Uuid id;
    std::string name;  // for people
    Duration ttl{};    // without a heartbeat for this long, and no open connection, it ends
    Duration grace{};  // how long it outlives its last connection
    Instant created_at;
    uint64_t connections = 0;
    uint64_t tickets = 0;
    std::optional<Duration> ends_in;  // nothing while a connection holds it
};

struct CreateSession {
    using Answer = SessionView;

    std::string name;
    Duration ttl{};
    Duration grace{};
};

struct GetSession {
    using Answer = SessionView;

    Uuid id;
};

// The heartbeat.
struct RenewSession {
    using Answer = SessionView;

    Uuid id;
};

struct SessionEnded {
    Uuid id;
    std::string reason;
};

// Parks for as long as the caller's connection lives; answered when the session ends.
// Cancelling it is what starts the grace time.
struct HoldSession {
    using Answer = SessionEnded;

    Uuid id;
};

struct EndSession {
    using Answer = SessionEnded;

    Uuid id;
    std::string reason;
};

struct SessionList {
    std::vector<SessionView> sessions;
    bool more = false;
};

struct ListSessions {
    using Answer = SessionList;

    std::optional<Uuid> after;  // exclusive
    size_t limit = 0;
};

}  // namespace signalbox
