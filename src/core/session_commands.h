#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

// What can be asked of sessions, and what is answered.

namespace signalbox {

// What becomes of the keys that a session holds when it ends.
enum class SessionBehavior : uint8_t { release = 0, erase = 1 };  // on disk: values never change

// What a session says of keys, and what it depends on beside its own heartbeat.
struct SessionTerms {
    std::string ttl_text;  // as the client wrote its TTL; empty where nobody asks for that
    // Of heartbeats that come late, beyond the TTL.
    Duration patience{};
    SessionBehavior behavior = SessionBehavior::release;
    Duration lock_delay = std::chrono::seconds(15);  // before its keys can be had again
    // It ends when one of these is critical or gone, or the node is. The empty name is the server's
    // own node.
    std::string node;
    std::vector<std::string> node_checks;
    std::vector<std::string> service_checks;
};

struct SessionView {
    Uuid id;
    std::string name;  // for people
    // Without a heartbeat for this long, and no open connection, it ends. Zero: it needs none.
    Duration ttl{};
    Duration grace{};  // how long it outlives its last connection
    Instant created_at;
    uint64_t connections = 0;
    uint64_t tickets = 0;
    std::optional<Duration> ends_in;  // nothing while a connection holds it, or without a TTL
    SessionTerms terms;
    uint64_t create_index = 0;
};

struct CreateSession {
    using Answer = SessionView;

    std::string name;
    Duration ttl{};
    Duration grace{};
    SessionTerms terms;
    bool may_be_endless = false;  // without a TTL
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
