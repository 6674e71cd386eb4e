#pragma once

#include <functional>
#include <optional>
#include <string>

#include "signalbox/client/options.h"
#include "signalbox/client/ticket.h"

namespace signalbox::client {

// What an event says about the ticket it happened to.
struct TicketChange {
    std::string uuid;
    Resource resource;
    TicketStatus status = TicketStatus::queued;
    uint64_t token = 0;
    std::optional<Instant> expires_at;
    std::string owner;
    std::string action;
    std::string reqid;
    std::string session;
    std::string reason;
    std::string by;
    std::string request_id;
};

struct Event {
    enum class Kind : uint8_t {
        happened,
        // Nothing happened, but everything up to `cursor` has been told. The first one says
        // that from now on nothing will be missed: what is read afterwards is as new as what
        // is told.
        bookmark,
        // The server does not know any more what happened since the last event. What is read
        // from now on is as new as what will be told, as with the first bookmark.
        resync,
    };
    Kind kind = Kind::happened;
    std::string cursor;   // goes on behind this event
    std::string type;     // "ticket.granted", "line.changed"
    std::string subject;  // what it happened to: a ticket's UUID, a line's path
    Instant time;
    std::optional<TicketChange> ticket;  // when it happened to one
    std::string data;                    // a JSON object
    std::string json;                    // the whole CloudEvent
};

// One ticket; or one line (scope and id, with or without a server); or a server; or all.
struct EventFilter {
    std::optional<std::string> ticket = std::nullopt;
    std::optional<std::string> server = std::nullopt;
    std::optional<std::string> scope = std::nullopt;
    std::optional<std::string> id = std::nullopt;
};

struct FollowOptions {
    std::string cursor = {};  // begin behind it; empty: from now on
    CallOptions call = {};    // retry_for counts from when the server was last heard of
};

// False ends the following.
using OnEvent = std::function<bool(const Event&)>;

}  // namespace signalbox::client
