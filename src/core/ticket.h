#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/event.h"
#include "core/line_key.h"
#include "core/timer_wheel.h"
#include "core/waiters.h"
#include "storage/keys.h"

// A ticket in its three forms: the record, which is what a row holds and a client sees; the
// details, the part of it that never changes and is shared; and the live ticket, which is the
// record plus its places in lines, timers and sessions.

namespace signalbox {

// Its place in the order of creation of one partition; never used again.
using TicketSequence = StrongNumber<struct TicketSequenceTag>;

// Rises with every grant of a partition, from 1, and is never given out twice; so whoever
// guards a resource can refuse a holder that lost its ticket without noticing. 0 is "never
// granted".
using FencingToken = StrongNumber<struct FencingTokenTag>;

enum class TicketStatus : uint8_t {  // on disk: never change
    queued = 1,
    active = 2,
    finished = 3,
    expired = 4,
    deleted = 5,  // kept for its history only; clients are told that there is no such ticket
};

[[nodiscard]] constexpr bool is_live(TicketStatus status) {
    return status == TicketStatus::queued || status == TicketStatus::active;
}

// "queued", "active", ...
std::string_view ticket_status_name(TicketStatus status);
std::optional<TicketStatus> parse_ticket_status(std::string_view name);

enum class TicketMode : uint8_t {  // on disk: never change
    exclusive = 1,                 // takes one slot of the line; most lines have one
    shared = 2,                    // holds together with any number of other shared tickets
};

std::string_view ticket_mode_name(TicketMode mode);
std::optional<TicketMode> parse_ticket_mode(std::string_view name);

// Renewals that followed each other: one entry of the history, moved on with each of them, so
// that a ticket held for a year has a history that can be shown.
struct Renewals {
    FeedPosition last;
    uint64_t count = 0;
    TicketStatus status = TicketStatus::queued;  // meanwhile
};

// What a client said once, when it created the ticket (or renewed it, for the expiry).
struct TicketFields {
    std::string expires_text;  // verbatim; empty when the server measures the life
    std::optional<std::string> action;
    std::string extra = "{}";  // a JSON object, validated
    std::optional<std::string> reqid;
    std::optional<std::string> owner;      // one flow of work: it does nothing else while it waits
    int32_t priority = 0;                  // higher goes first
    Duration ttl{};                        // life after creation, grant and each renewal; 0: none
    Duration hold_max{};                   // longest time as holder, renewals included; 0: none
    std::optional<Uuid> session;           // lives as long as this session
    std::optional<uint32_t> slots;         // what the line must have
    std::vector<Resource> more_resources;  // beyond the first one, granted together with it
    std::optional<Renewals> renewals;      // the latest
};

// The fields above in encoded form: one block of bytes a ticket, shared by every view of it on
// whichever thread. Immutable.
class TicketDetails : public boost::intrusive_ref_counter<TicketDetails> {
public:
    static boost::intrusive_ptr<const TicketDetails> make(const TicketFields& fields);
    // Null when the bytes are damaged.
    static boost::intrusive_ptr<const TicketDetails> decode(std::string_view bytes);

    [[nodiscard]] TicketFields fields() const;
    // Single fields, without decoding the rest; zero when absent.
    [[nodiscard]] Duration ttl() const;
    [[nodiscard]] Duration hold_max() const;
    [[nodiscard]] std::string_view bytes() const {
        return {reinterpret_cast<const char*>(this + 1), size_};
    }

    // Made with its bytes behind it in one block: 40 bytes less a ticket than with a string.
    static void operator delete(void* block) { ::operator delete(block); }

private:
    explicit TicketDetails(std::string_view bytes);
    static boost::intrusive_ptr<const TicketDetails> hold(std::string_view bytes);
    [[nodiscard]] int64_t number(uint8_t tag) const;

    const uint32_t size_;
};

using TicketDetailsPtr = boost::intrusive_ptr<const TicketDetails>;

struct TicketRecord {
    Uuid uuid;
    TicketSequence sequence;
    LineKeyPtr line;  // of its first resource
    TicketDetailsPtr details;
    Instant created_at;
    Instant updated_at;  // of the last change of status or expiry
    Instant expires_at = never;
    Instant granted_at = never;  // `never` until it was active
    Instant order_at;            // when it would have come had it no priority; see Line
    FencingToken token;
    TicketStatus status = TicketStatus::queued;
    TicketMode mode = TicketMode::exclusive;
    bool barge = false;  // may go ahead of tickets that wait for another line
};

// Where a live ticket stands.
struct TicketPlace {
    uint64_t position = 0;                   // 1 is next; 0 when it is not queued
    uint64_t ahead = 0;                      // tickets to be served before it, holders included
    std::optional<Duration> estimated_wait;  // from recent hold times; nothing when unknown
};

// What a client is shown.
struct TicketView {
    TicketRecord record;
    std::optional<TicketPlace> place;  // of a live one; nothing when read from a snapshot
    std::string reason;                // why it ended, when someone said so
};

class Line;
struct Session;
struct Ticket;

// What only some live tickets have, kept apart so that the others stay small.
struct TicketTies {
    Session* session = nullptr;
    std::vector<Line*> more_lines;
    uint32_t overtaken = 0;  // by barging tickets, while it waited for another line
    std::string owner;       // of the deadlock search; empty: takes no part
    // The end of hold_max, which is a span, so it does not follow the calendar.
    SteadyInstant hold_until = steady_never;
};

// A queued or active ticket. Owned by Tickets; the hooks of its timer and waiters make it stay
// where it is.
struct Ticket : TimerHook {
    Ticket() : TimerHook(TimerKind::ticket_deadline) {}

    TicketRecord record;
    // The server measures its life, from a ttl; else it follows the calendar.
    bool measured = false;
    Line* line = nullptr;
    std::unique_ptr<TicketTies> ties;  // null for most
    WaiterList waiters;
};

// Rows, as docs/formats.md tells them.
std::string ticket_row_key(Table table, TenantId tenant, ServerId server, TicketSequence sequence);
std::string ticket_row_prefix(Table table, TenantId tenant, ServerId server);
std::string encode_ticket(const TicketRecord& record, std::string_view reason);
// Nothing when the row is damaged.
std::optional<TicketView> decode_ticket(std::string_view key, std::string_view value);

// A server as part of a key: 17 bytes.
void put_server(std::string& key, ServerId server);
ServerId read_server(ByteReader& reader);

}  // namespace signalbox
