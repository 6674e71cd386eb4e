#include "core/tickets.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_writer.h"
#include "core/ticket_checks.h"
#include "core/ticket_topics.h"
#include "core/turn.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr std::string_view session_over = "its session ended";

Error no_such_ticket(const Uuid& uuid) {
    return {ErrorCode::not_found, fmt::format("ticket {} not found", uuid.text()), {}};
}

Error already(const TicketRecord& record) {
    return {ErrorCode::conflict,
            fmt::format("ticket {} is {}", record.uuid.text(), ticket_status_name(record.status)),
            {}};
}

Error another_token(const TicketRecord& record) {
    return {ErrorCode::conflict,
            fmt::format("is not the ticket's, which is {}", record.token.value), "token"};
}

// Who else does nothing while this ticket waits: said by the client, or the session, or the
// request that several tickets of one job share.
std::string owner_of(const TicketFields& fields) {
    if (fields.owner) return "o:" + *fields.owner;
    if (fields.session) return "s:" + std::string(fields.session->raw());
    if (fields.reqid) return "r:" + *fields.reqid;
    return {};
}

// Something happened to the ticket. Not before it was created, even if the clock says so.
void touch(TicketRecord& record, Now now) {
    record.updated_at = std::max(now.wall, record.created_at);
}

Instant order_at(Instant arrival, int32_t priority, Duration ageing) {
    return arrival - priority * ageing;
}

}  // namespace

Tickets::Tickets(const TicketLimits& limits, Sessions& sessions, Idempotency& idempotency)
    : limits_(limits),
      sessions_(sessions),
      idempotency_(idempotency),
      rows_(limits),
      lines_(limits) {}

Result<void> Tickets::load(const RowReader& rows, Timers& timers, Now now) {
    TRY(rows_.load_counters(rows));
    TRY(lines_.load_settings(rows));
    const auto prefix = KeyBuilder(Table::ticket_live).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        auto view = decode_ticket(scan->key(), scan->value());
        if (!view || !is_live(view->record.status)) {
            return fail(ErrorCode::internal, "a row of a live ticket is damaged");
        }
        auto ticket = std::make_unique<Ticket>();
        ticket->record = std::move(view->record);
        last_arrival_ = std::max(last_arrival_, ticket->record.created_at);
        const auto fields = ticket->record.details->fields();
        Ticket& live = enter_lines(std::move(ticket), fields);
        Session* session =
            fields.session ? sessions_.find_even_ending(live.record.line->tenant, *fields.session)
                           : nullptr;
        if (fields.session && session == nullptr) {
            return fail(ErrorCode::internal, "a live ticket hangs on a session that is gone");
        }
        tie(live, fields, session);
        if (fields.hold_max.count() > 0 && live.record.granted_at != never) {
            const auto hold_until = saturating_add(live.record.granted_at, fields.hold_max);
            if (!live.ties) live.ties = std::make_unique<TicketTies>();
            live.ties->hold_until = now.steady + (hold_until - now.wall);
            live.measured = live.measured || live.record.expires_at == hold_until;
        }
        schedule(live, timers, now);
    }
    deadlocks_.find_again(now);
    // A crash may have come between a release and the grants that were to follow in later steps.
    lines_.visit([&](Line& line) {
        if (line.waiting_count() > 0) unsettle(line);
    });
    return scan->status();
}

Result<void> Tickets::check_lines(TenantId tenant, const CreateTicket& command) const {
    const auto check = [&](const Resource& resource) -> Result<void> {
        const Line* line = lines_.find(tenant, resource);
        if (line == nullptr) return {};
        if (line->settings().draining) {
            return fail(
                ErrorCode::unavailable,
                fmt::format("the line of scope {} and id {} is being drained{}{}", resource.scope,
                            resource.id, line->settings().reason.empty() ? "" : ": ",
                            line->settings().reason));
        }
        if (command.fields.slots && !line->agrees_on_slots(*command.fields.slots)) {
            return fail(ErrorCode::conflict,
                        fmt::format("must be {}, which the line has", line->slots()), "slots");
        }
        return {};
    };
    TRY(check(command.resource));
    for (const auto& resource : command.fields.more_resources) TRY(check(resource));
    return {};
}

Result<TicketCreated> Tickets::create(TenantId tenant, CreateTicket command, Step& step) {
    if (!command.idempotency_key.empty()) {
        TRY_AS(const auto created,
               idempotency_.find(tenant, command.idempotency_key, command.request_digest, step));
        if (created) return replay(tenant, Uuid::from_raw(*created), command.queue_views_max, step);
    }
    TRY(check_create(command, limits_));
    if (live_.size() >= limits_.tickets_max) return fail(ErrorCode::overloaded, "too many tickets");
    TRY(check_lines(tenant, command));
    const auto& fields = command.fields;
    Session* session = nullptr;
    if (fields.session) {
        session = sessions_.find(tenant, *fields.session);
        if (session == nullptr) {
            return fail(ErrorCode::invalid_argument, "is not the id of a living session",
                        "session");
        }
        if (session->tickets.size() >= limits_.tickets_per_session_max) {
            return fail(ErrorCode::overloaded, "has too many tickets", "session");
        }
    }

    auto made = std::make_unique<Ticket>();
    TicketRecord& record = made->record;
    record.uuid = step.random.uuid();
    record.sequence = rows_.take_sequence();
    last_arrival_ = std::max(last_arrival_, step.now.wall);
    record.created_at = last_arrival_;
    record.updated_at = last_arrival_;
    record.order_at = order_at(last_arrival_, fields.priority, limits_.ageing);
    record.expires_at =
        fields.ttl.count() > 0 ? saturating_add(step.now.wall, fields.ttl) : command.expires_at;
    record.mode = command.mode;
    record.barge = command.barge;
    record.details = TicketDetails::make(fields);
    if (!command.idempotency_key.empty()) {
        idempotency_.remember(tenant, command.idempotency_key, command.request_digest,
                              record.uuid.raw(), step);
    }
    ++statistics_.created;

    TicketCreated answer;
    if (fields.ttl.count() == 0 && record.expires_at <= step.now.wall) {
        // Its time was over before it came, so it never stands in a line.
        record.line.reset(new LineKey(tenant, std::move(command.resource)));
        record.status = TicketStatus::expired;
        TicketRows::note(record, "created", {}, step);
        TicketRows::note(record, "expired", {}, step);
        rows_.put_ended(record, {}, step);
        TicketRows::put_elsewhere(record, step);
        rows_.save_counters(step);
        ++statistics_.expired;
        answer.ticket = {record, {}, {}};
        if (command.queue_views_max > 0) answer.queue.push_back(answer.ticket);
        return answer;
    }

    record.line.reset(new LineKey(tenant, std::move(command.resource)));
    Ticket& ticket = enter_lines(std::move(made), fields);
    if (fields.slots) {
        visit_lines(ticket, [&](Line& line) {
            if (line.settings().slots != 0 || line.settings().declared_slots != 0) return;
            line.declare_slots(*fields.slots);
            Lines::save_settings(line, step);
        });
    }
    tie(ticket, fields, session);
    schedule(ticket, step.timers, step.now);
    TicketRows::note(ticket.record, "created", {}, step);
    TicketRows::put_elsewhere(ticket.record, step);
    visit_lines(ticket, [&](Line& line) { unsettle(line); });
    settle(step);
    if (ticket.record.status == TicketStatus::queued) {
        TicketRows::put_live(ticket.record, step);
        rows_.save_counters(step);
        answer.deadlock = deadlocks_.look(ticket, step);
    }
    answer.ticket = view_of(ticket, step.now);
    answer.queue = queue_with(ticket, command.queue_views_max, step.now);
    return answer;
}

Result<TicketCreated> Tickets::replay(TenantId tenant, const Uuid& uuid, size_t queue_views_max,
                                      Step& step) {
    TicketCreated answer;
    answer.replayed = true;
    if (const Ticket* ticket = find_live(tenant, uuid, step)) {
        answer.ticket = view_of(*ticket, step.now);
        answer.queue = queue_with(*ticket, queue_views_max, step.now);
        return answer;
    }
    TRY_AS(answer.ticket, find_ended(tenant, uuid, step));
    if (queue_views_max > 0) answer.queue.push_back(answer.ticket);
    return answer;
}

// Puts the ticket into the index and into its lines, as holder or waiting as its status says.
Ticket& Tickets::enter_lines(std::unique_ptr<Ticket> made, const TicketFields& fields) {
    Ticket& ticket = live_.insert(std::move(made));
    const TenantId tenant = ticket.record.line->tenant;
    ticket.line = &lines_.open(tenant, ticket.record.line->resource);
    ticket.record.line = ticket.line->key();  // one copy of the names for the whole line
    ticket.measured = fields.ttl.count() > 0;
    if (!fields.more_resources.empty()) {
        ticket.ties = std::make_unique<TicketTies>();
        for (const auto& resource : fields.more_resources) {
            ticket.ties->more_lines.push_back(&lines_.open(tenant, resource));
        }
    }
    const bool active = ticket.record.status == TicketStatus::active;
    visit_lines(ticket, [&](Line& line) {
        if (active) {
            line.add_holder(ticket);
        } else {
            line.add_waiting(ticket);
        }
    });
    ++(active ? statistics_.active_now : statistics_.queued_now);
    return ticket;
}

void Tickets::tie(Ticket& ticket, const TicketFields& fields, Session* session) {
    auto owner = owner_of(fields);
    if (session == nullptr && owner.empty()) return;
    if (!ticket.ties) ticket.ties = std::make_unique<TicketTies>();
    ticket.ties->owner = std::move(owner);
    deadlocks_.add(ticket);
    ticket.ties->session = session;
    if (session != nullptr) session->tickets.emplace(ticket.record.sequence, &ticket);
}

// Sets the timer by what the record says of its expiry.
void Tickets::schedule(Ticket& ticket, Timers& timers, Now now) {
    if (!ticket.measured) {
        timers.schedule(ticket, ticket.record.expires_at);
        return;
    }
    const Duration left = std::max(ticket.record.expires_at - now.wall, Duration::zero());
    timers.schedule(ticket, saturating_add(now.steady, left));
}

// From now on it lives for its ttl, or until the time that was named; as a holder no longer than
// it may hold. Whichever of them comes first decides which clock it follows.
void Tickets::set_expiry(Ticket& ticket, const TicketFields& fields, Instant named, Step& step) {
    ticket.measured = fields.ttl.count() > 0;
    ticket.record.expires_at = ticket.measured ? saturating_add(step.now.wall, fields.ttl) : named;
    if (ticket.ties && ticket.ties->hold_until != steady_never) {
        const Duration left = std::max(ticket.ties->hold_until - step.now.steady, Duration::zero());
        const Instant hold_until = saturating_add(step.now.wall, left);
        if (hold_until < ticket.record.expires_at) {
            ticket.record.expires_at = hold_until;
            ticket.measured = true;
        }
    }
    schedule(ticket, step.timers, step.now);
}

std::vector<TicketView> Tickets::queue_with(const Ticket& ticket, size_t views_max, Now now) const {
    std::vector<TicketView> views;
    if (views_max == 0) return views;
    bool among = false;
    for (const Ticket* other : ticket.line->tickets(0, views_max)) {
        among = among || other == &ticket;
        views.push_back(view_of(*other, now));
    }
    // A client looks itself up here, so it must not be cut off by its own place in the line.
    if (!among) views.back() = view_of(ticket, now);
    return views;
}

Ticket* Tickets::find_live(TenantId tenant, const Uuid& uuid, Step& step) {
    Ticket* ticket = live_.find(tenant, uuid);
    if (ticket == nullptr || !is_past_its_time(*ticket, step.now)) return ticket;
    end(*ticket, TicketStatus::expired, "expired",
        is_session_over(*ticket) ? std::string(session_over) : std::string(), step);
    return nullptr;
}

Result<TicketView> Tickets::find_ended(TenantId tenant, const Uuid& uuid, const Step& step) const {
    TRY_AS(auto ended, TicketRows::find_ended(tenant, uuid, step.rows));
    if (!ended || ended->record.status == TicketStatus::deleted) {
        return fail(no_such_ticket(uuid));
    }
    return std::move(*ended);
}

Result<TicketView> Tickets::get(TenantId tenant, const Uuid& uuid, Step& step) {
    if (const Ticket* ticket = find_live(tenant, uuid, step)) return view_of(*ticket, step.now);
    return find_ended(tenant, uuid, step);
}

Result<std::optional<WaitOutcome>> Tickets::wait(TenantId tenant, const WaitTicket& command,
                                                 RequestId request, Step& step) {
    Ticket* ticket = find_live(tenant, command.uuid, step);
    if (ticket == nullptr) {
        TRY_AS(auto ended, find_ended(tenant, command.uuid, step));
        return std::optional(WaitOutcome{std::move(ended), false});
    }
    const bool no_time = command.timeout && command.timeout->count() <= 0;
    if (ticket->record.status == TicketStatus::active || no_time) {
        return std::optional(WaitOutcome{view_of(*ticket, step.now), false});
    }
    TRY_AS(Waiter* const waiter, step.waiters.park(request, ticket, ticket->waiters));
    if (command.timeout) {
        step.timers.schedule(*waiter, saturating_add(step.now.steady, *command.timeout));
    }
    return std::optional<WaitOutcome>();
}

void Tickets::on_wait_timeout(Ticket& ticket, RequestId request, Step& step) {
    step.waiters.forget(request);
    step.complete<WaitOutcome>(request, WaitOutcome{view_of(ticket, step.now), true});
}

Result<TicketView> Tickets::renew(TenantId tenant, const RenewTicket& command, Step& step) {
    Ticket* ticket = find_live(tenant, command.uuid, step);
    if (ticket == nullptr) {
        TRY_AS(const auto ended, find_ended(tenant, command.uuid, step));
        return fail(already(ended.record));
    }
    TicketRecord& record = ticket->record;
    if (command.token && *command.token != record.token) {
        return fail(another_token(record));
    }
    auto fields = record.details->fields();
    if (!command.expires_text.empty()) {
        if (command.expires_at <= step.now.wall) {
            return fail(ErrorCode::invalid_argument, "is in the past", "expires_at");
        }
        fields.expires_text = command.expires_text;
        fields.ttl = Duration::zero();
    } else {
        if (command.ttl) fields.ttl = *command.ttl;
        if (fields.ttl.count() <= 0) {
            return fail(ErrorCode::invalid_argument, "or ttl is required", "expires_at");
        }
        fields.expires_text.clear();
    }
    set_expiry(*ticket, fields, command.expires_at, step);
    touch(record, step.now);
    TicketRows::note_renewal(record, std::move(fields), step);
    TicketRows::put_live(record, step);
    ++statistics_.renewed;
    return view_of(*ticket, step.now);
}

Result<TicketView> Tickets::release(TenantId tenant, const ReleaseTicket& command, Step& step) {
    TRY(check_name("reason", command.reason, limits_));
    if (Ticket* ticket = find_live(tenant, command.uuid, step)) {
        if (command.token && *command.token != ticket->record.token) {
            return fail(another_token(ticket->record));
        }
        ++statistics_.released;
        if (command.forced) ++statistics_.forced;
        const auto* transition = command.forced ? "force_released" : "released";
        return end(*ticket, TicketStatus::finished, transition, command.reason, step);
    }
    TRY_AS(auto ended, find_ended(tenant, command.uuid, step));
    if (command.token && *command.token != ended.record.token) {
        return fail(another_token(ended.record));
    }
    if (ended.record.status == TicketStatus::expired) {
        ended.record.status = TicketStatus::finished;
        if (!command.reason.empty()) ended.reason = command.reason;
        touch(ended.record, step.now);
        TicketRows::update_ended(ended.record, ended.reason, step);
        TicketRows::note(ended.record, command.forced ? "force_released" : "released",
                         command.reason, step);
        ++statistics_.released;
        if (command.forced) ++statistics_.forced;
    }
    return ended;
}

Result<TicketView> Tickets::remove(TenantId tenant, const DeleteTicket& command, Step& step) {
    TRY(check_name("reason", command.reason, limits_));
    if (Ticket* ticket = find_live(tenant, command.uuid, step)) {
        ++statistics_.deleted;
        return end(*ticket, TicketStatus::deleted, "deleted", command.reason, step);
    }
    TRY_AS(auto ended, find_ended(tenant, command.uuid, step));
    ended.record.status = TicketStatus::deleted;
    touch(ended.record, step.now);
    TicketRows::update_ended(ended.record, command.reason, step);
    TicketRows::note(ended.record, "deleted", command.reason, step);
    ++statistics_.deleted;
    return ended;
}

Result<TicketView> Tickets::check_token(TenantId tenant, const CheckTicket& command, Step& step) {
    const Ticket* ticket = find_live(tenant, command.uuid, step);
    if (ticket == nullptr) {
        TRY_AS(const auto ended, find_ended(tenant, command.uuid, step));
        return fail(already(ended.record));
    }
    if (ticket->record.status != TicketStatus::active) return fail(already(ticket->record));
    if (ticket->record.token != command.token) {
        return fail(another_token(ticket->record));
    }
    return view_of(*ticket, step.now);
}

Result<TicketHistory> Tickets::history(TenantId tenant, const Uuid& uuid, Step& step) {
    TicketHistory history;
    if (const Ticket* ticket = find_live(tenant, uuid, step)) {
        history.ticket = view_of(*ticket, step.now);
    } else {
        TRY_AS(auto ended, TicketRows::find_ended(tenant, uuid, step.rows));
        if (!ended) return fail(no_such_ticket(uuid));
        history.ticket = std::move(*ended);
    }
    TRY_AS(history.transitions, TicketRows::history(history.ticket.record, step.rows));
    return history;
}

Result<LineView> Tickets::get_line(TenantId tenant, const Resource& resource) const {
    const Line* line = lines_.find(tenant, resource);
    return line == nullptr ? default_line_view(tenant, resource) : line->view();
}

Result<LineView> Tickets::set_line(TenantId tenant, const SetLine& command, Step& step) {
    TRY_AS(Line* const line, lines_.set(tenant, command, step));
    auto view = line->view();
    unsettle(*line);
    return view;
}

LineList Tickets::list_lines(TenantId tenant, const ListLines& command) const {
    return lines_.list(tenant, command);
}

TicketList Tickets::list_line(TenantId tenant, const ListLineTickets& command, Now now) const {
    TicketList list;
    const Line* line = lines_.find(tenant, command.resource);
    if (line == nullptr) return list;
    list.total = line->holder_count() + line->waiting_count();
    for (const Ticket* ticket : line->tickets(command.offset, command.limit)) {
        list.tickets.push_back(view_of(*ticket, now));
    }
    return list;
}

DeadlockList Tickets::deadlocks(TenantId tenant, Now now) const {
    DeadlockList list;
    for (const auto& known : deadlocks_.known(tenant, live_)) {
        Deadlock deadlock;
        deadlock.found_at = known.found_at;
        for (const Ticket* ticket : known.tickets) {
            deadlock.tickets.push_back(view_of(*ticket, now));
        }
        list.push_back(std::move(deadlock));
    }
    return list;
}

void Tickets::on_deadline(Ticket& ticket, Step& step) {
    // The clock may have been set back since the timer was set.
    if (!ticket.measured && ticket.record.expires_at > step.now.wall) {
        schedule(ticket, step.timers, step.now);
        return;
    }
    end(ticket, TicketStatus::expired, "expired", {}, step);
}

bool Tickets::end_with_session(Session& session, Step& step) {
    for (size_t ended = 0; ended < limits_.ended_per_step_max && !session.tickets.empty();
         ++ended) {
        end(*session.tickets.begin()->second, TicketStatus::expired, "expired",
            std::string(session_over), step);
    }
    return session.tickets.empty();
}

// Takes a live ticket out of everything and writes down how it ended.
TicketView Tickets::end(Ticket& ticket, TicketStatus status, std::string_view transition,
                        const std::string& reason, Step& step) {
    leave_lines(ticket, step);
    TicketRecord& record = ticket.record;
    record.status = status;
    touch(record, step.now);
    if (status == TicketStatus::expired) ++statistics_.expired;
    rows_.put_ended(record, reason, step);
    rows_.save_counters(step);
    TicketRows::note(record, transition, reason, step);

    TicketView view{record, {}, reason};
    while (!ticket.waiters.empty()) {
        const RequestId request = step.waiters.take_front(ticket.waiters);
        if (status == TicketStatus::deleted) {
            step.complete<WaitOutcome>(request, fail(no_such_ticket(record.uuid)));
        } else {
            step.complete<WaitOutcome>(request, WaitOutcome{view, true});
        }
    }
    forget(ticket);
    return view;
}

void Tickets::leave_lines(Ticket& ticket, Step& step) {
    const bool active = ticket.record.status == TicketStatus::active;
    visit_lines(ticket, [&](Line& line) {
        if (line.remove(ticket)) Lines::save_settings(line, step);
        if (active) line.add_hold(step.now.wall - ticket.record.granted_at);
        unsettle(line);
    });
    --(active ? statistics_.active_now : statistics_.queued_now);
}

void Tickets::forget(Ticket& ticket) {
    deadlocks_.remove(ticket);
    if (ticket.ties && ticket.ties->session != nullptr) {
        ticket.ties->session->tickets.erase(ticket.record.sequence);
    }
    live_.erase(ticket);
}

void Tickets::unsettle(Line& line) {
    if (line.unsettled) return;
    line.unsettled = true;
    unsettled_.push_back(&line);
}

void Tickets::settle(Step& step) {
    size_t grants_left = limits_.grants_per_step_max;
    // Granting a ticket of several lines may unsettle the others of them.
    while (!unsettled_.empty()) {
        Line& line = *unsettled_.back();
        unsettled_.pop_back();
        line.unsettled = false;
        if (!grant_in(line, grants_left, step)) {
            unsettle(line);
            break;
        }
        if (!line.unsettled) lines_.drop_if_needless(line);
    }
    rows_.save_counters(step);
}

bool Tickets::grant_in(Line& line, size_t& grants_left, Step& step) {
    while (Ticket* ticket = next_after_change(line, step.now, limits_.overtaken_max)) {
        if (grants_left == 0) return false;
        --grants_left;
        if (ticket->record.barge) {
            visit_lines(*ticket,
                        [&](const Line& each) { count_overtaken(each, *ticket, step.now); });
        }
        grant(*ticket, step);
    }
    return true;
}

void Tickets::grant(Ticket& ticket, Step& step) {
    TicketRecord& record = ticket.record;
    ASSERT(record.status == TicketStatus::queued && !is_past_its_time(ticket, step.now));
    record.status = TicketStatus::active;
    record.token = rows_.take_token();
    record.granted_at = step.now.wall;
    touch(record, step.now);
    const bool in_several_lines = ticket.ties && !ticket.ties->more_lines.empty();
    visit_lines(ticket, [&](Line& line) {
        line.promote(ticket);
        if (in_several_lines) unsettle(line);
    });
    const Duration hold_max = record.details->hold_max();
    if (hold_max.count() > 0) {
        if (!ticket.ties) ticket.ties = std::make_unique<TicketTies>();
        ticket.ties->hold_until = saturating_add(step.now.steady, hold_max);
    }
    if (hold_max.count() > 0 || record.details->ttl().count() > 0) {
        set_expiry(ticket, record.details->fields(), record.expires_at, step);
    }
    --statistics_.queued_now;
    ++statistics_.active_now;
    ++statistics_.granted;
    TicketRows::put_live(record, step);
    TicketRows::note(record, "granted", {}, step);
    if (!ticket.waiters.empty()) {
        const TicketView view = view_of(ticket, step.now);
        while (!ticket.waiters.empty()) {
            step.complete<WaitOutcome>(step.waiters.take_front(ticket.waiters),
                                       WaitOutcome{view, true});
        }
    }
    deadlocks_.look(ticket, step);
}

TicketView Tickets::view_of(const Ticket& ticket, Now now) const {
    TicketView view{ticket.record, ticket.line->place_of(ticket, now.wall), {}};
    if (!ticket.ties) return view;
    // It is its turn when it is its turn everywhere.
    for (const Line* line : ticket.ties->more_lines) {
        const auto place = line->place_of(ticket, now.wall);
        if (place.ahead > view.place->ahead) view.place = place;
    }
    return view;
}

Tickets::Statistics Tickets::statistics() const {
    Statistics statistics = statistics_;
    statistics.deadlocks = deadlocks_.found_count();
    statistics.lines_now = lines_.count();
    statistics.ended_kept = rows_.ended_count();
    return statistics;
}

void Tickets::check(Now now) const {
    lines_.check();
    ASSERT(statistics_.active_now + statistics_.queued_now == live_.size());
    for (const Ticket* ticket : live_) {
        ASSERT(is_live(ticket->record.status));
        ASSERT((ticket->record.status == TicketStatus::active) ==
               (ticket->record.granted_at != never));
        ASSERT((ticket->record.token.value != 0) ==
               (ticket->record.status == TicketStatus::active));
        visit_lines(*ticket, [&](const Line& line) {
            ASSERT(line.unsettled || next_in_turn(line, now, limits_.overtaken_max) == nullptr);
        });
    }
}

}  // namespace signalbox
