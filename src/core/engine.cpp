#include "core/engine.h"

#include <algorithm>
#include <type_traits>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr Duration retention_interval = std::chrono::seconds(10);
// Between two steps of a retention that has more to do, so that others get their turn.
constexpr Duration retention_pause = std::chrono::milliseconds(10);
constexpr size_t keys_forgotten_per_step = 256;
// What the timers of one batch may write.
constexpr size_t fired_bytes_max = 1u << 20;

const Caller the_server{"signalbox", {}};

// Commands that make something which a tenant then owns, or that wait for it to come.
bool adds_tenant(const CommandBody& body) {
    return std::holds_alternative<CreateTicket>(body) || std::holds_alternative<SetLine>(body) ||
           std::holds_alternative<CreateSession>(body) ||
           std::holds_alternative<SubscribeFeed>(body);
}

Error stopping() {
    return {ErrorCode::unavailable, "the server is stopping", {}};
}

}  // namespace

Engine::Engine(const CoreLimits& limits, uint64_t seed, Now now)
    : limits_(limits),
      random_(seed),
      timers_(now),
      waiters_(limits_.waiters_max),
      tenants_(limits_),
      sessions_(limits_.session),
      idempotency_(limits_.idempotency),
      tickets_(limits_.ticket, sessions_, idempotency_),
      feed_(limits_.feed),
      now_(now) {}

Result<void> Engine::load(const RowReader& rows, Now now) {
    TRY(tenants_.load(rows));
    TRY(sessions_.load(rows, timers_, now));
    TRY(tickets_.load(rows, timers_, now));
    TRY(feed_.load(rows));
    feed_.start(timers_, now);
    timers_.schedule(retention_timer_, now.steady + retention_interval);
    return {};
}

void Engine::begin_batch(Now now, Revision next, const RowReader& rows) {
    now_ = now;
    rows_ = &rows;
    ready_.reset(next);
}

Step Engine::make_step(const Caller& by) {
    ASSERT(rows_ != nullptr);
    return Step{now_, by, *rows_, random_, timers_, waiters_, ready_, {}};
}

template <class Change>
void Engine::commit(const Caller& by, const Change& change) {
    Step step = make_step(by);
    ready_.writes.begin();
    change(step);
    feed_.publish(step);
    ready_.writes.end();
}

// One overload a command: calls the part of the state that it is for.
struct Engine::Apply {
    Engine& engine;
    RequestId request;
    TenantId tenant;
    Step& step;

    template <class Answer>
    void answer(Result<Answer> result) const {
        step.complete<Answer>(request, std::move(result));
    }

    void operator()(CreateTicket& command) const {
        answer(engine.tickets_.create(tenant, std::move(command), step));
    }
    void operator()(const GetTicket& command) const {
        answer(engine.tickets_.get(tenant, command.uuid, step));
    }
    void operator()(const WaitTicket& command) const {
        if (engine.stopping_) return answer<WaitOutcome>(fail(stopping()));
        auto outcome = engine.tickets_.wait(tenant, command, request, step);
        if (!outcome) return answer<WaitOutcome>(fail(std::move(outcome).error()));
        if (*outcome) answer<WaitOutcome>(std::move(**outcome));
    }
    void operator()(const RenewTicket& command) const {
        answer(engine.tickets_.renew(tenant, command, step));
    }
    void operator()(const ReleaseTicket& command) const {
        answer(engine.tickets_.release(tenant, command, step));
    }
    void operator()(const DeleteTicket& command) const {
        answer(engine.tickets_.remove(tenant, command, step));
    }
    void operator()(const ClearServer& command) const {
        answer(engine.tickets_.clear_server(tenant, command, step));
    }
    void operator()(const CheckTicket& command) const {
        answer(engine.tickets_.check_token(tenant, command, step));
    }
    void operator()(const GetLine& command) const {
        answer(engine.tickets_.get_line(tenant, command.resource));
    }
    void operator()(const SetLine& command) const {
        answer(engine.tickets_.set_line(tenant, command, step));
    }
    void operator()(const ListLines& command) const {
        answer<LineList>(engine.tickets_.list_lines(tenant, command));
    }
    void operator()(const ListLineTickets& command) const {
        answer<TicketList>(engine.tickets_.list_line(tenant, command, step.now));
    }
    void operator()(const GetTicketHistory& command) const {
        answer(engine.tickets_.history(tenant, command.uuid, step));
    }
    void operator()(const ListDeadlocks& /*command*/) const {
        answer<DeadlockList>(engine.tickets_.deadlocks(tenant, step.now));
    }
    void operator()(CreateSession& command) const {
        answer(engine.sessions_.create(tenant, std::move(command), step));
    }
    void operator()(const GetSession& command) const {
        answer(engine.sessions_.get(tenant, command.id, step.now));
    }
    void operator()(const RenewSession& command) const {
        answer(engine.sessions_.renew(tenant, command.id, step));
    }
    void operator()(const HoldSession& command) const {
        if (engine.stopping_) return answer<SessionEnded>(fail(stopping()));
        auto held = engine.sessions_.hold(tenant, command.id, request, step);
        if (!held) answer<SessionEnded>(fail(std::move(held).error()));
    }
    void operator()(const EndSession& command) const {
        auto session = engine.sessions_.require(tenant, command.id);
        if (!session) return answer<SessionEnded>(fail(std::move(session).error()));
        engine.end_session(**session, command.reason, step);
        answer<SessionEnded>(SessionEnded{command.id, command.reason});
    }
    void operator()(const ListSessions& command) const {
        answer<SessionList>(engine.sessions_.list(tenant, command, step.now));
    }
    void operator()(const SubscribeFeed& command) const {
        if (engine.stopping_) return answer<FeedJoined>(fail(stopping()));
        // What this batch has written so far is in the store when the answer arrives.
        const Revision committed(step.revision().value - 1);
        answer(engine.feed_.subscribe(request, tenant, command.topic, committed));
    }
    void operator()(const ReadFeedHead& /*command*/) const {
        answer<FeedHead>(FeedHead{Revision(step.revision().value - 1)});
    }
    void operator()(const CancelRequest& /*command*/) const { ASSERT(false); }
};

void Engine::apply(Command command) {
    if (const auto* cancellation = std::get_if<CancelRequest>(&command.body)) {
        return cancel(cancellation->parked, now_);
    }
    commit(command.caller, [&](Step& step) {
        TenantId tenant = tenants_.find(command.tenant);
        if (tenant == TenantId() && adds_tenant(command.body)) {
            auto added = tenants_.find_or_add(command.tenant, step);
            if (!added) {
                if (auto refused = refusal(command.body, added.error())) {
                    ready_.completions.push_back({command.request, std::move(*refused)});
                }
                return;
            }
            tenant = *added;
        }
        std::visit(Apply{*this, command.request, tenant, step}, command.body);
        tickets_.settle(step);
    });
}

bool Engine::fire_due() {
    if (tickets_.is_unsettled()) {
        commit(the_server, [&](Step& step) { tickets_.settle(step); });
    }
    size_t fired = 0;
    const auto fire_all = [&](TimerWheel& wheel, int64_t now_ms) {
        while (fired < limits_.timers_per_batch_max &&
               ready_.writes.view().bytes.size() < fired_bytes_max) {
            TimerHook* hook = wheel.pop_due(now_ms);
            if (hook == nullptr) return;
            commit(the_server, [&](Step& step) { fire(*hook, step); });
            ++fired;
        }
    };
    fire_all(timers_.wall, now_.wall.time_since_epoch().count());
    fire_all(timers_.steady, now_.steady.time_since_epoch().count());
    // Once for all of them: a line full of expired tickets is walked once.
    if (fired > 0) commit(the_server, [&](Step& step) { tickets_.settle(step); });
    return tickets_.is_unsettled() || until_next_deadline(now_) == Duration::zero();
}

void Engine::fire(TimerHook& hook, Step& step) {
    switch (hook.kind()) {
        case TimerKind::ticket_deadline:
            return tickets_.on_deadline(static_cast<Ticket&>(hook), step);
        case TimerKind::waiter_timeout: {
            auto& waiter = static_cast<Waiter&>(hook);
            return tickets_.on_wait_timeout(*std::get<Ticket*>(waiter.watched), waiter.request,
                                            step);
        }
        case TimerKind::session_deadline:
            return end_session(static_cast<Session&>(hook), "no sign of life", step);
        case TimerKind::retention: return forget_old(step);
        case TimerKind::feed_trim: return feed_.trim(step);
    }
    ASSERT(false);
}

// A store that cannot be read is told by everyone else; here the next interval tries again.
void Engine::forget_old(Step& step) {
    const bool more_tickets = tickets_.forget_ended(step).value_or(false);
    const bool more_keys = idempotency_.forget_old(step, keys_forgotten_per_step).value_or(false);
    const Duration pause = more_tickets || more_keys ? retention_pause : retention_interval;
    timers_.schedule(retention_timer_, step.now.steady + pause);
}

// A session with many tickets ends in several steps; from the first one on nobody sees it.
void Engine::end_session(Session& session, const std::string& reason, Step& step) {
    if (!session.is_ending) sessions_.begin_end(session, reason, step);
    if (tickets_.end_with_session(session, step)) {
        sessions_.remove(session, step);
    } else {
        timers_.schedule(session, step.now.steady);
    }
}

void Engine::cancel(RequestId request, Now now) {
    const Waiter* waiter = waiters_.find(request);
    if (waiter == nullptr) {
        feed_.unsubscribe(request);
        return;
    }
    const auto watched = waiter->watched;
    waiters_.forget(request);
    if (const auto* session = std::get_if<Session*>(&watched)) {
        sessions_.let_go(**session, timers_, now);
    }
}

void Engine::stop() {
    stopping_ = true;
    commit(the_server, [&](Step& step) {
        for (const auto& [request, watched] : waiters_.all()) {
            waiters_.forget(request);
            if (std::holds_alternative<Session*>(watched)) {
                step.complete<SessionEnded>(request, fail(stopping()));
            } else {
                step.complete<WaitOutcome>(request, fail(stopping()));
            }
        }
        for (const auto subscriber : feed_.unsubscribe_all()) {
            ready_.deliveries.push_back({subscriber, nullptr});
        }
    });
}

std::optional<Duration> Engine::until_next_deadline(Now now) {
    std::optional<Duration> until;
    if (tickets_.is_unsettled()) until = Duration::zero();
    const auto consider = [&](std::optional<int64_t> deadline_ms, int64_t now_ms) {
        if (!deadline_ms) return;
        const Duration left(std::max<int64_t>(*deadline_ms - now_ms, 0));
        until = until ? std::min(*until, left) : left;
    };
    consider(timers_.wall.next_deadline_ms(), now.wall.time_since_epoch().count());
    consider(timers_.steady.next_deadline_ms(), now.steady.time_since_epoch().count());
    return until;
}

Engine::Statistics Engine::statistics() const {
    return {tickets_.statistics(), sessions_.count(),   waiters_.count(), feed_.subscriber_count(),
            tenants_.count(),      feed_.kept_events(), feed_.floor()};
}

void Engine::check(Now now) const {
    sessions_.check();
    tickets_.check(now);
    feed_.check();
}

}  // namespace signalbox
