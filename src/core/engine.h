#pragma once

#include <optional>

#include "base/limits.h"
#include "core/appliers.h"
#include "core/collections.h"
#include "core/feed.h"
#include "core/idempotency.h"
#include "core/item_types.h"
#include "core/kv.h"
#include "core/operations.h"
#include "core/pools.h"
#include "core/queues.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/step.h"
#include "core/tenants.h"
#include "core/tickets.h"
#include "core/tokens.h"
#include "core/watches.h"

namespace signalbox {

// The state of one partition and the one way to change it: commands and due timers go in, and
// what is to be written, answered and delivered comes out in Ready. Pure: it reads no clock,
// does no I/O and starts no thread; the same calls give the same Ready.
//
// The driver's loop, and the contract (nothing of Ready is acted on before its writes are
// durable):
//
//     engine.begin_batch(now, next_revision);
//     engine.fire_due();
//     for (command : commands) engine.apply(std::move(command));
//     engine.end_batch();
//     journal.append(engine.ready().writes); store.apply(...);
//     deliver(engine.ready());
//
// Core thread.
class Engine {
public:
    // Bodies of messages are encrypted with `cipher` where a queue asks for it.
    Engine(const CoreLimits& limits, BodyCipher cipher, uint64_t seed, Now now);

    // The state that the rows tell. Afterwards the driver fires what came due meanwhile.
    Result<void> load(const RowReader& rows, Now now);

    // `rows` are the committed rows with this engine's batch laid over them; they must stay
    // until the next begin_batch().
    void begin_batch(Now now, Revision next, const RowReader& rows);
    void apply(Command command);
    // Behind the last command, before anything of ready() is used: what the batch as a whole has
    // left to write.
    void end_batch();
    // Takes a parked request back. Writes nothing, so it may be called when nothing can be written.
    void cancel(RequestId request, Now now);
    // Fires a bounded number of due timers; true when more are due already.
    bool fire_due();
    // Answers every parked request with `unavailable` and ends every stream; from now on
    // nothing is parked any more.
    void stop();

    [[nodiscard]] Ready& ready() { return ready_; }
    // How long nothing will happen by itself; zero when something is due.
    [[nodiscard]] std::optional<Duration> until_next_deadline(Now now);

    struct Statistics {
        Tickets::Statistics tickets;
        Queues::Statistics queues;
        uint64_t sessions = 0;
        uint64_t waiters = 0;
        uint64_t subscribers = 0;
        uint64_t tenants = 0;
        uint64_t item_types = 0;
        Operations::Statistics operations;
        uint64_t keys = 0;
        Registry::Statistics registry;
        uint64_t feed_events = 0;
        Revision feed_floor;
    };
    [[nodiscard]] Statistics statistics() const;
    // Every invariant of every part; for tests and the simulator.
    void check(Now now) const;
    // And that memory tells what the rows do; these are all that was committed.
    void check(Now now, const RowReader& rows) const;

private:
    struct Apply;

    static Error stopping();
    // One that may be applied, in its step (engine_commands.cpp).
    void apply(Command& command, TenantId tenant, Step& step);
    Step make_step(const Caller& by);
    [[nodiscard]] Result<TenantId> tenant_of(const Command& command) const;
    // Runs `change` as one change set of the batch.
    template <class Change>
    void commit(const Caller& by, const Change& change);
    void fire(TimerHook& hook, Step& step);
    void forget_old(Step& step);
    void end_session(Session& session, const std::string& reason, Step& step);
    // Sessions end with the checks that they depend on.
    void end_dependent_sessions(Step& step);

    const CoreLimits limits_;
    Random random_;
    Timers timers_;
    Waiters waiters_;
    Tenants tenants_;
    Watches watches_;
    Sessions sessions_;
    Idempotency idempotency_;
    Pools pools_;
    Tokens tokens_;
    Tickets tickets_;
    Queues queues_;
    ItemTypes item_types_;
    Operations operations_;
    Appliers appliers_;
    Collections collections_;
    Kv kv_;
    Registry registry_;
    Feed feed_;
    TimerHook retention_timer_{TimerKind::retention};
    bool stopping_ = false;

    Now now_;
    const RowReader* rows_ = nullptr;
    Ready ready_;
};

}  // namespace signalbox
