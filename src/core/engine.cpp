#include "core/engine.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr Duration retention_interval = std::chrono::seconds(10);
// Between two steps of a retention that has more to do, so that others get their turn.
constexpr Duration retention_pause = std::chrono::milliseconds(10);
// Enough for all that are taken in meanwhile.
constexpr size_t keys_forgotten_per_step = 1024;
// What the timers of one batch may write.
constexpr size_t fired_bytes_max = 1u << 20;

const Caller the_server{"signalbox", {}};

// Commands that make something which a tenant then owns.
bool may_add_tenant(const CommandBody& body) {
    return std::holds_alternative<CreateTicket>(body) || std::holds_alternative<SetLine>(body) ||
           std::holds_alternative<CreateSession>(body) ||
           std::holds_alternative<CreateQueue>(body) ||
           std::holds_alternative<PostMessages>(body) ||
           std::holds_alternative<CreateSubscription>(body) ||
           std::holds_alternative<DeclareType>(body) || std::holds_alternative<PutKey>(body) ||
           std::holds_alternative<RunKvTransaction>(body) || std::holds_alternative<Register>(body);
}

// Commands that may wait for something to come for a tenant that has nothing yet.
bool may_follow(const CommandBody& body) {
    const auto* claim = std::get_if<ClaimMessages>(&body);
    return std::holds_alternative<SubscribeFeed>(body) ||
           std::holds_alternative<FollowMessages>(body) ||
           std::holds_alternative<WaitForChange>(body) ||
           (claim != nullptr && claim->wait > Duration::zero());
}

// Limits that follow from other ones.
CoreLimits consistent(CoreLimits limits) {
    limits.queue.ttl_default = std::min(limits.queue.ttl_default, limits.queue.ttl_max);
    limits.queue.dedup_window_max = limits.idempotency.age_max;
    return limits;
}

}  // namespace

Engine::Engine(const CoreLimits& limits, BodyCipher cipher, uint64_t seed, Now now)
    : limits_(consistent(limits)),
      random_(seed),
      timers_(now),
      waiters_(limits_.waiters_max),
      tenants_(limits_),
      watches_(limits_.recent_changes_max, tenants_),
      sessions_(limits_.session, watches_),
      idempotency_(limits_.idempotency),
      pools_(limits_.pool),
      tokens_(limits_.token),
      tickets_(limits_.ticket, sessions_, idempotency_),
      queues_(limits_, std::move(cipher), idempotency_, tenants_),
      item_types_(limits_.collection),
      operations_(limits_.operation, item_types_),
      appliers_(queues_.outboxes, queues_.deliveries),
      collections_(limits_.collection, item_types_, operations_, idempotency_, appliers_),
      kv_(limits_.kv, sessions_, watches_),
      registry_(limits_.registry, tenants_, watches_),
      feed_(limits_.feed),
      now_(now) {}

Result<void> Engine::load(const RowReader& rows, Now now) {
    TRY(tenants_.load(rows));
    TRY(sessions_.load(rows, timers_, now));
    TRY(tokens_.load(rows));
    TRY(tickets_.load(rows, timers_, now));
    TRY(pools_.load(rows));
    TRY(queues_.load(rows, timers_, now));
    TRY(item_types_.load(rows));
    TRY(operations_.load(rows, timers_, now));
    TRY(kv_.load(rows, timers_, now));
    TRY(registry_.load(rows, random_, timers_, now));
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

void Engine::apply(Command command) {
    if (const auto* cancellation = std::get_if<CancelRequest>(&command.body)) {
        return cancel(cancellation->parked, now_);
    }
    commit(command.caller, [&](Step& step) {
        const auto tenant = tenant_of(command);
        if (!tenant) {
            if (auto refused = refusal(command.body, tenant.error())) {
                ready_.completions.push_back({command.request, std::move(*refused)});
            }
            return;
        }
        const size_t writes_before = ready_.writes.write_count();
        apply(command, *tenant, step);
        // A name becomes a tenant by what is written for it; one that was refused leaves nothing.
        const bool has_written = ready_.writes.write_count() > writes_before;
        if (has_written && may_add_tenant(command.body) &&
            tenants_.find(command.tenant) == TenantId()) {
            tenants_.keep(command.tenant, *tenant, step);
        }
        end_dependent_sessions(step);
        tickets_.settle(step);
        queues_.settle(Claims::Searches::rest, step);
    });
}

void Engine::end_batch() {
    commit(the_server, [&](Step& step) { queues_.finish_batch(step); });
}

// TenantId(0), which owns nothing, for a name that is not known and only asked about.
Result<TenantId> Engine::tenant_of(const Command& command) const {
    const TenantId known = tenants_.find(command.tenant);
    const bool follows = may_follow(command.body);
    const bool may_add = may_add_tenant(command.body);
    if (known != TenantId() || (!follows && !may_add)) return known;
    // A name that can never be is told apart from one that finds no room today.
    TRY_AS(const auto proposed, tenants_.propose(command.tenant));
    if (may_add) TRY(tenants_.check_room());
    return proposed;
}

bool Engine::fire_due() {
    if (tickets_.is_unsettled()) {
        commit(the_server, [&](Step& step) { tickets_.settle(step); });
    }
    if (const Caller* asked = tickets_.clearing_for()) {
        const Caller by = *asked;
        commit(by, [&](Step& step) {
            tickets_.go_on_clearing(step);
            tickets_.settle(step);
        });
    }
    if (queues_.is_unsettled()) {
        commit(the_server, [&](Step& step) {
            queues_.settle(Claims::Searches::go_on, step);
            queues_.messages.go_on_searching(step);
        });
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
    if (fired > 0) {
        commit(the_server, [&](Step& step) {
            tickets_.settle(step);
            queues_.settle(Claims::Searches::rest, step);
        });
    }
    return until_next_deadline(now_) == Duration::zero();
}

void Engine::fire(TimerHook& hook, Step& step) {
    switch (hook.kind()) {
        case TimerKind::ticket_deadline:
            return tickets_.on_deadline(static_cast<Ticket&>(hook), step);
        case TimerKind::waiter_timeout: {
            auto& waiter = static_cast<Waiter&>(hook);
            if (std::holds_alternative<Watch*>(waiter.watched)) {
                return watches_.on_timeout(waiter, step);
            }
            if (std::holds_alternative<Queue*>(waiter.watched)) {
                return queues_.claims.on_wait_timeout(waiter.request, step);
            }
            if (const auto* operation = std::get_if<Operation*>(&waiter.watched)) {
                return Operations::on_wait_timeout(**operation, waiter.request, step);
            }
            return tickets_.on_wait_timeout(*std::get<Ticket*>(waiter.watched), waiter.request,
                                            step);
        }
        case TimerKind::session_deadline:
            return end_session(static_cast<Session&>(hook), "no sign of life", step);
        case TimerKind::claim_deadline:
            return queues_.claims.on_deadline(static_cast<Claim&>(hook), step);
        case TimerKind::operation_deadline:
            return operations_.on_deadline(static_cast<Operation&>(hook), step);
        case TimerKind::queue_expiry:
            return queues_.messages.on_expiry(static_cast<QueueTimer&>(hook).queue, step);
        case TimerKind::queue_delay:
            return queues_.messages.on_delay(static_cast<QueueTimer&>(hook).queue, step);
        case TimerKind::queue_rounds: return queues_.catalog.go_rounds(step);
        case TimerKind::lock_delay: return kv_.on_lock_delay(static_cast<LockDelay&>(hook), step);
        case TimerKind::check_deadline:
            registry_.on_deadline(static_cast<CheckTimer&>(hook).check, step);
            return end_dependent_sessions(step);
        case TimerKind::check_reaping:
            registry_.on_reaping(static_cast<CheckTimer&>(hook).check, step);
            return end_dependent_sessions(step);
        case TimerKind::subscription_deadline:
            return queues_.subscriptions.on_deadline(static_cast<Subscription&>(hook), step);
        case TimerKind::delivery_retry:
            return queues_.deliveries.want(static_cast<DeliveryTimer&>(hook).subscription);
        case TimerKind::retention: return forget_old(step);
        case TimerKind::feed_trim: return feed_.trim(step);
    }
    ASSERT(false);
}

// A store that cannot be read is told by everyone else; here the next interval tries again.
void Engine::forget_old(Step& step) {
    const bool more_tickets = tickets_.forget_ended(step).value_or(false);
    const bool more_keys = idempotency_.forget_old(step, keys_forgotten_per_step).value_or(false);
    const bool more_tokens = tokens_.forget_expired(step).value_or(false);
    const bool more_operations = operations_.forget_old(step).value_or(false);
    const bool more_graves = kv_.forget_graves(step).value_or(false);
    const bool more = more_tickets || more_keys || more_tokens || more_operations || more_graves;
    const Duration pause = more ? retention_pause : retention_interval;
    timers_.schedule(retention_timer_, step.now.steady + pause);
}

void Engine::end_dependent_sessions(Step& step) {
    while (registry_.has_failed()) {
        for (const auto& place : registry_.take_failed()) {
            for (const auto& id : sessions_.depending_on(place)) {
                Session* const session = sessions_.find(place.tenant, id);
                if (session == nullptr) continue;
                end_session(*session, "a check that it depends on is not passing", step);
            }
        }
    }
}

// A session with much hanging on it ends in several steps; from the first one on nobody sees it.
// A store that cannot be read leaves the rest for the next one.
void Engine::end_session(Session& session, const std::string& reason, Step& step) {
    if (!session.is_ending) sessions_.begin_end(session, reason, step);
    const bool no_tickets = tickets_.end_with_session(session, step);
    const bool no_keys = kv_.end_with_session(session, step).value_or(false);
    if (no_tickets && no_keys) {
        sessions_.remove(session, step);
    } else {
        timers_.schedule(session, step.now.steady);
    }
}

void Engine::cancel(RequestId request, Now now) {
    const Waiter* waiter = waiters_.find(request);
    if (waiter == nullptr) {
        if (const auto tenant = feed_.unsubscribe(request)) tenants_.unfollow(*tenant);
        if (const auto tenant = queues_.followers.unfollow(request)) tenants_.unfollow(*tenant);
        queues_.messages.forget_search(request);
        return;
    }
    const auto watched = waiter->watched;
    waiters_.forget(request);
    queues_.claims.forget_wait(request);
    if (const auto* session = std::get_if<Session*>(&watched)) {
        sessions_.let_go(**session, timers_, now);
    } else if (const auto* watch = std::get_if<Watch*>(&watched)) {
        watches_.let_go(**watch);
    }
}

void Engine::stop() {
    stopping_ = true;
    commit(the_server, [&](Step& step) {
        tickets_.stop_clearing(stopping(), step);
        queues_.messages.stop_searches(stopping(), step);
        for (const auto& [request, watched] : waiters_.all()) {
            cancel(request, now_);
            if (std::holds_alternative<Session*>(watched)) {
                step.complete<SessionEnded>(request, fail(stopping()));
            } else if (std::holds_alternative<Watch*>(watched)) {
                step.complete<ChangeSeen>(request, fail(stopping()));
            } else if (std::holds_alternative<Queue*>(watched)) {
                step.complete<MessagesClaimed>(request, fail(stopping()));
            } else if (std::holds_alternative<Operation*>(watched)) {
                step.complete<OperationRecord>(request, fail(stopping()));
            } else {
                step.complete<WaitOutcome>(request, fail(stopping()));
            }
        }
        for (const auto& following : {feed_.subscribers(), queues_.followers.all()}) {
            for (const auto request : following) {
                cancel(request, now_);
                ready_.deliveries.push_back({request, nullptr});
            }
        }
    });
}

std::optional<Duration> Engine::until_next_deadline(Now now) {
    std::optional<Duration> until;
    if (tickets_.is_unsettled() || tickets_.clearing_for() != nullptr || queues_.is_unsettled()) {
        until = Duration::zero();
    }
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
    Statistics statistics;
    statistics.tickets = tickets_.statistics();
    statistics.queues = queues_.statistics();
    statistics.sessions = sessions_.count();
    statistics.waiters = waiters_.count();
    statistics.subscribers = feed_.subscriber_count();
    statistics.tenants = tenants_.count();
    statistics.item_types = item_types_.count();
    statistics.operations = operations_.statistics();
    statistics.keys = kv_.count();
    statistics.registry = registry_.statistics();
    statistics.feed_events = feed_.kept_events();
    statistics.feed_floor = feed_.floor();
    return statistics;
}

void Engine::check(Now now) const {
    tenants_.check();
    sessions_.check();
    tickets_.check(now);
    queues_.check();
    pools_.check();
    item_types_.check();
    operations_.check();
    feed_.check();
    watches_.check();
    kv_.check();
    registry_.check();
}

void Engine::check(Now now, const RowReader& rows) const {
    check(now);
    queues_.outboxes.check(rows);
    kv_.check(rows);
    registry_.check(rows);
}

}  // namespace signalbox
