#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/event.h"
#include "core/ticket.h"

// What can be asked of tickets, and what is answered. Plain values; the answers come when the
// commit that made them true is durable.

namespace signalbox {

struct TicketCreated {
    TicketView ticket;
    // Holders, then the waiting in order; the new ticket is always among them when asked for.
    std::vector<TicketView> queue;
    bool replayed = false;       // the key was seen before: this is that ticket, as it is now
    std::vector<Uuid> deadlock;  // tickets that wait for each other, this one first
};

struct CreateTicket {
    using Answer = TicketCreated;

    Resource resource;
    TicketFields fields;         // fields.more_resources: the rest, without repeats
    Instant expires_at = never;  // what fields.expires_text says; `never` without one
    TicketMode mode = TicketMode::exclusive;
    bool barge = false;
    size_t queue_views_max = 0;   // how much of the line the answer shows
    std::string idempotency_key;  // empty: none
    uint64_t request_digest = 0;  // of everything that makes two requests the same
};

struct GetTicket {
    using Answer = TicketView;

    Uuid uuid;
};

struct WaitOutcome {
    TicketView ticket;    // active; or queued when the time limit came first; or how it ended
    bool waited = false;  // false when it was so at once
};

// Parks until the ticket is active, ends, or `timeout` has passed.
struct WaitTicket {
    using Answer = WaitOutcome;

    Uuid uuid;
    std::optional<Duration> timeout;
};

// Prolongs the life of a live ticket: a new time, a new ttl, or its own ttl once more.
struct RenewTicket {
    using Answer = TicketView;

    Uuid uuid;
    Instant expires_at = never;
    std::string expires_text;
    std::optional<Duration> ttl;
    std::optional<FencingToken> token;  // refuse when it is not the ticket's
};

struct ReleaseTicket {
    using Answer = TicketView;

    Uuid uuid;
    std::optional<FencingToken> token;  // refuse when it is not the ticket's
    bool forced = false;                // by someone else than the holder; told in the history
    std::string reason;
};

struct DeleteTicket {
    using Answer = TicketView;

    Uuid uuid;
    std::string reason;
};

struct ServerCleared {};

// Deletes every ticket of a server that exists, live or ended; a few at a time, and is answered
// when it has.
struct ClearServer {
    using Answer = ServerCleared;

    ServerId server;
};

// Does this token still stand for the resource? Answered with the ticket when it does, with
// `conflict` when not.
struct CheckTicket {
    using Answer = TicketView;

    Uuid uuid;
    FencingToken token;
};

// A line with what is known of it; every line has defaults until it is told otherwise.
struct LineView {
    LineKeyPtr key;
    uint32_t slots = 1;
    bool paused = false;    // nobody is granted
    bool draining = false;  // nobody may join
    std::string reason;     // of pause or drain
    uint64_t holders = 0;
    uint64_t queued = 0;
    std::optional<Instant> oldest_queued_at;
    std::optional<Duration> hold_average;  // of recent holders
};

struct GetLine {
    using Answer = LineView;

    Resource resource;
};

// What is absent stays as it is.
struct SetLine {
    using Answer = LineView;

    Resource resource;
    std::optional<uint32_t> slots;  // 0: what its tickets declare, or one
    std::optional<bool> paused;
    std::optional<bool> draining;
    std::optional<std::string> reason;
};

struct LineList {
    std::vector<LineView> lines;
    bool more = false;
};

// Lines that are occupied or have settings, in the order of their keys.
struct ListLines {
    using Answer = LineList;

    std::optional<ServerId> server;
    std::optional<Resource> after;  // exclusive
    size_t limit = 0;
};

struct TicketList {
    std::vector<TicketView> tickets;
    uint64_t total = 0;
};

// The live tickets of one line: holders, then the waiting in order.
struct ListLineTickets {
    using Answer = TicketList;

    Resource resource;
    size_t limit = 0;
    size_t offset = 0;
};

struct TicketTransition {
    FeedPosition position;
    Instant at;
    std::string type;  // as the event's, without "ticket."
    std::string by;
    std::string request_id;
    std::string reason;
    FencingToken token;
    uint64_t count = 1;  // of renewals that followed each other; the entry is the last one's
};

struct TicketHistory {
    TicketView ticket;  // also of a deleted one
    std::vector<TicketTransition> transitions;
};

struct GetTicketHistory {
    using Answer = TicketHistory;

    Uuid uuid;
};

struct Deadlock {
    Instant found_at;
    std::vector<TicketView> tickets;  // each waits for what the owner of the next one holds
};

using DeadlockList = std::vector<Deadlock>;

// Groups of tickets that wait for each other through their owners, as they stand now.
struct ListDeadlocks {
    using Answer = DeadlockList;
};

}  // namespace signalbox
