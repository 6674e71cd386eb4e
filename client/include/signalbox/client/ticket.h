#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signalbox/client/options.h"

namespace signalbox::client {

// What a line is about: work on `id` of kind `scope` on a server (a UUID, or "default").
struct Resource {
    std::string server = "default";
    std::string scope = {};
    std::string id = {};

    auto operator<=>(const Resource&) const = default;
};

enum class TicketStatus : uint8_t { queued, active, finished, expired, deleted };
std::string_view name_of(TicketStatus status);
std::optional<TicketStatus> parse_ticket_status(std::string_view name);
[[nodiscard]] constexpr bool is_live(TicketStatus status) {
    return status == TicketStatus::queued || status == TicketStatus::active;
}

// Exclusive tickets take one slot of the line each; shared ones hold together.
enum class TicketMode : uint8_t { exclusive, shared };
std::string_view name_of(TicketMode mode);

// A ticket to ask for. At least one of ttl, expires_at and session is needed.
struct TicketRequest {
    Resource resource;
    std::vector<Resource> more_resources = {};  // granted together with the first one

    Duration ttl{};  // its life from creation, from its grant and from each renewal
    std::optional<Instant> expires_at = std::nullopt;
    std::string session = {};  // it ends with this session
    Duration hold_max{};       // longest time as holder, renewals included; 0: no limit

    TicketMode mode = TicketMode::exclusive;
    std::optional<uint32_t> slots = std::nullopt;  // what the line must have
    int32_t priority = 0;                          // higher goes first
    bool barge = false;  // may go ahead of tickets that wait for another line too
    // One flow of work: it does nothing else while this ticket waits. Deadlocks are found
    // between owners.
    std::optional<std::string> owner = std::nullopt;
    std::optional<std::string> action = std::nullopt;
    std::optional<std::string> reqid = std::nullopt;
    std::string extra = "{}";  // a JSON object, kept for whoever looks at the ticket

    // Two requests with one key make one ticket. Made up when empty, so that a request which
    // is repeated because a connection broke cannot make a second one.
    std::string idempotency_key = {};
};

struct Ticket {
    std::string uuid;
    Resource resource;                // the first one
    std::vector<Resource> resources;  // all of them
    TicketStatus status = TicketStatus::queued;
    uint64_t token = 0;     // of fencing; 0 before its grant
    uint64_t position = 0;  // 1 is next; 0 when it is not queued, or not told
    uint64_t ahead = 0;     // tickets to be served before it, holders included
    std::optional<Duration> estimated_wait;
    std::string reason;  // why it ended, when someone said so
    TicketMode mode = TicketMode::exclusive;
    std::optional<uint32_t> slots;
    int32_t priority = 0;
    bool barge = false;
    std::optional<std::string> owner;
    std::optional<std::string> session;
    std::optional<std::string> action;
    std::optional<std::string> reqid;
    Duration ttl{};
    Duration hold_max{};
    std::optional<Instant> expires_at;
    Instant created_at;
    Instant updated_at;  // of the last change of status or expiry
    std::optional<Instant> granted_at;
    std::string extra;  // a JSON object
    std::string json;   // all of it as the server said it
};

struct CreatedTicket {
    Ticket ticket;
    bool replayed = false;              // the key was known: this is that ticket, as it is now
    std::vector<std::string> deadlock;  // tickets that wait for each other, this one first
};

struct TicketFilter {
    std::optional<std::string> server = std::nullopt;
    std::optional<std::string> scope = std::nullopt;
    std::optional<std::string> id = std::nullopt;
    std::vector<TicketStatus> statuses = {};  // empty: all but deleted
    bool newest_first = false;
    size_t page_items = 100;  // the server allows up to 1000
};

struct WaitOptions {
    std::optional<Duration> timeout = std::nullopt;  // nothing: as long as it takes
    // Told of the ticket each `interval` while it waits; without it, only the end is told.
    std::function<void(const Ticket&)> on_queued = {};
    Duration interval = std::chrono::seconds(10);
};

// A new ttl, a new time, or (with neither) the ticket's own ttl once more.
struct Renewal {
    std::optional<Duration> ttl = std::nullopt;
    std::optional<Instant> expires_at = std::nullopt;
    std::optional<uint64_t> token = std::nullopt;  // refuse when it is not the ticket's
};

struct Release {
    std::optional<uint64_t> token = std::nullopt;  // refuse when it is not the ticket's
    bool force = false;                            // by someone else than the holder
    std::string reason = {};                       // needed with force
};

struct TokenCheck {
    bool valid = false;
    std::string reason;  // why not
};

struct TicketTransition {
    uint64_t revision = 0;
    Instant at;
    std::string transition;  // "granted"
    std::string by;
    std::string request_id;
    std::string reason;
    uint64_t token = 0;
    uint64_t count = 1;  // of renewals that followed each other; this is the last one
};

struct TicketHistory {
    Ticket ticket;  // also of a deleted one
    std::vector<TicketTransition> transitions;
    std::string json;
};

struct Deadlock {
    Instant found_at;
    std::vector<Ticket> tickets;  // each waits for what the owner of the next one holds
};

}  // namespace signalbox::client
