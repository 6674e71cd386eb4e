#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "core/command.h"
#include "core/effect.h"
#include "core/timer_wheel.h"
#include "core/waiters.h"
#include "storage/change_set.h"
#include "storage/store.h"

namespace signalbox {

struct Completion {
    RequestId request;
    Reply reply;
};

// An event on its way to one subscriber; the event is shared by all of them. Null ends the
// stream: the server is stopping.
struct FeedDelivery {
    RequestId subscriber;
    std::shared_ptr<const Event> event;
};

// Bodies that could not be decrypted, for the log.
struct Unreadable {
    uint64_t bodies = 0;
    std::string last;  // why
};

// What a batch of commands asks the outside to do. Nothing in it may be acted on before
// `writes` is durable.
struct Ready {
    BatchWriter writes;
    std::vector<Completion> completions;
    std::vector<FeedDelivery> deliveries;
    std::vector<ProbeOrder> probes;
    std::vector<Effect> effects;
    bool tokens_gone = false;  // a token that was good is not any more
    Unreadable unreadable;

    void reset(Revision first) {
        writes.reset(first);
        completions.clear();
        deliveries.clear();
        probes.clear();
        effects.clear();
        tokens_gone = false;
        unreadable = {};
    }
};

// Timers on both clocks: a time that a client named follows the calendar, a span that the
// server measures does not care when someone sets it.
struct Timers {
    explicit Timers(Now now)
        : wall(now.wall.time_since_epoch().count()),
          steady(now.steady.time_since_epoch().count()) {}

    void schedule(TimerHook& hook, Instant deadline) {
        if (deadline == never) {
            hook.unlink();
        } else {
            wall.schedule(hook, deadline.time_since_epoch().count());
        }
    }
    void schedule(TimerHook& hook, SteadyInstant deadline) {
        steady.schedule(hook, deadline.time_since_epoch().count());
    }

    TimerWheel wall;
    TimerWheel steady;
};

// One change of state under way: a command, or a timer that came due. Everything that a state
// machine may know of the outside, and the only way in which it acts on it.
struct Step {
    const Now now;
    const Caller& by;
    const RowReader& rows;  // as they will be once the batch so far is committed
    Random& random;
    Timers& timers;
    Waiters& waiters;
    Ready& ready;
    std::vector<Event> events;  // of this step; the feed stores and delivers them at its end

    [[nodiscard]] Revision revision() const { return ready.writes.revision(); }

    template <class Answer>
    void complete(RequestId request, Result<Answer> answer) {
        ready.completions.push_back({request, Reply(std::move(answer))});
    }

    // Position and time are filled in; gives back the position.
    FeedPosition emit(Event event) {
        event.position = {revision(), static_cast<uint32_t>(events.size())};
        event.time = now.wall;
        events.push_back(std::move(event));
        return events.back().position;
    }
};

}  // namespace signalbox
