#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "core/deadlocks.h"
#include "core/idempotency.h"
#include "core/lines.h"
#include "core/session.h"
#include "core/step.h"
#include "core/ticket_commands.h"
#include "core/ticket_index.h"
#include "core/ticket_rows.h"

namespace signalbox {

// The life of tickets:
//
//   create --> queued --its turn in all its lines--> active --release--> finished
//                 |                                     |                   ^
//                 +------- expiry, end of its session --+--> expired --release
//                 +------- delete ----------------------+--> deleted
//
// A ticket is granted when, in every line it stands in, nobody who may hold the line is in
// front of it and there is room beside the holders. Tickets in several lines enter them all in
// one step and hold nothing while they wait, so they cannot block each other for ever.
//
// Live tickets are in memory, whole; ended ones are rows only. Core thread.
//
// Invariants (check()): a ticket is in the index exactly while it is live; it stands in each
// of its lines; a line whose first ticket could hold it is unsettled, and settled before the
// next command; tokens rise with each grant.
class Tickets {
public:
    Tickets(const TicketLimits& limits, Sessions& sessions, Idempotency& idempotency);

    // Live tickets and lines from their rows. Nothing is due yet: the engine fires what is.
    Result<void> load(const RowReader& rows, Timers& timers, Now now);

    Result<TicketCreated> create(TenantId tenant, CreateTicket command, Step& step);
    Result<TicketView> get(TenantId tenant, const Uuid& uuid, Step& step);
    // Answers at once, or parks `request`: nothing then.
    Result<std::optional<WaitOutcome>> wait(TenantId tenant, const WaitTicket& command,
                                            RequestId request, Step& step);
    Result<TicketView> renew(TenantId tenant, const RenewTicket& command, Step& step);
    Result<TicketView> release(TenantId tenant, const ReleaseTicket& command, Step& step);
    Result<TicketView> remove(TenantId tenant, const DeleteTicket& command, Step& step);
    // Answers `request` when all is done, which may take further steps: see clearing_for().
    void clear_server(TenantId tenant, const ClearServer& command, RequestId request, Step& step);
    Result<TicketView> check_token(TenantId tenant, const CheckTicket& command, Step& step);
    Result<TicketHistory> history(TenantId tenant, const Uuid& uuid, Step& step);

    Result<LineView> get_line(TenantId tenant, const Resource& resource) const;
    Result<LineView> set_line(TenantId tenant, const SetLine& command, Step& step);
    [[nodiscard]] LineList list_lines(TenantId tenant, const ListLines& command) const;
    [[nodiscard]] TicketList list_line(TenantId tenant, const ListLineTickets& command,
                                       Now now) const;
    [[nodiscard]] DeadlockList deadlocks(TenantId tenant, Now now) const;

    void on_deadline(Ticket& ticket, Step& step);
    void on_wait_timeout(Ticket& ticket, RequestId request, Step& step);
    // The tickets of a session end with it, a few at a time; true when none is left.
    bool end_with_session(Session& session, Step& step);

    // The end of every step that may have freed a line: grants what can be granted. Several
    // due timers may share one, so that a line full of expired tickets is walked once. A step
    // that would write too much leaves the rest to the next one.
    void settle(Step& step);
    [[nodiscard]] bool is_unsettled() const { return !unsettled_.empty(); }
    // Who asked for a server to be cleared that still is not; null when all are.
    [[nodiscard]] const Caller* clearing_for() const;
    // The next few tickets of that server.
    void go_on_clearing(Step& step);
    // Answers those who wait for a server to be cleared.
    void stop_clearing(const Error& error, Step& step);
    // Drops old ended tickets; true when there is more to do at once.
    Result<bool> forget_ended(Step& step) { return rows_.forget_ended(step); }

    // Since the start, for metrics.
    struct Statistics {
        uint64_t created = 0;
        uint64_t granted = 0;
        uint64_t renewed = 0;
        uint64_t released = 0;
        uint64_t forced = 0;
        uint64_t expired = 0;
        uint64_t deleted = 0;
        uint64_t deadlocks = 0;
        uint64_t active_now = 0;
        uint64_t queued_now = 0;
        uint64_t lines_now = 0;
        uint64_t ended_kept = 0;
    };
    [[nodiscard]] Statistics statistics() const;
    void check(Now now) const;

private:
    // A server that is being cleared. Not durable: until it is done nobody was told that it is.
    struct Clearing {
        TenantId tenant;
        ServerId server;
        TicketSequence upto;  // tickets that come meanwhile stay
        RequestId request;
        Caller by;
        std::optional<Resource> done;  // lines up to this one
    };

    // A live ticket that is past its time ends now, whether or not its timer came first.
    Ticket* find_live(TenantId tenant, const Uuid& uuid, Step& step);
    // An ended ticket that clients may see; `not_found` else.
    Result<TicketView> find_ended(TenantId tenant, const Uuid& uuid, const Step& step) const;

    Result<void> check_lines(TenantId tenant, const CreateTicket& command) const;
    Result<TicketCreated> replay(TenantId tenant, const Uuid& uuid, size_t queue_views_max,
                                 Step& step);
    Ticket& enter_lines(std::unique_ptr<Ticket> made, const TicketFields& fields);
    void tie(Ticket& ticket, const TicketFields& fields, Session* session);
    void schedule(Ticket& ticket, Timers& timers, Now now);
    void set_expiry(Ticket& ticket, const TicketFields& fields, Instant named, Step& step);
    [[nodiscard]] std::vector<TicketView> queue_with(const Ticket& ticket, size_t views_max,
                                                     Now now) const;

    // False when it stopped before the end.
    bool grant_in(Line& line, size_t& grants_left, Step& step);
    void grant(Ticket& ticket, Step& step);

    TicketView end(Ticket& ticket, TicketStatus status, std::string_view transition,
                   const std::string& reason, Step& step);
    void leave_lines(Ticket& ticket, Step& step);
    void forget(Ticket& ticket);
    void unsettle(Line& line);

    [[nodiscard]] TicketView view_of(const Ticket& ticket, Now now) const;

    const TicketLimits& limits_;
    Sessions& sessions_;
    Idempotency& idempotency_;
    TicketRows rows_;
    Lines lines_;
    Deadlocks deadlocks_;
    TicketIndex live_;
    std::vector<Line*> unsettled_;
    std::deque<Clearing> clearings_;
    Instant last_arrival_;  // arrival never runs backwards, whatever the clock does
    Statistics statistics_;
};

}  // namespace signalbox
