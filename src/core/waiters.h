#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "core/timer_wheel.h"

namespace signalbox {

struct Ticket;
struct Session;
struct Queue;
struct Operation;
struct Watch;

// A parked request. It stands in the list of what it watches and is found by its request; a
// wait with a time limit also hangs in a timer wheel.
struct Waiter : TimerHook {
    using ListHook = boost::intrusive::list_member_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    using Watched = std::variant<Ticket*, Session*, Queue*, Watch*, Operation*>;

    Waiter(RequestId waiter_request, Watched waiter_watched)
        : TimerHook(TimerKind::waiter_timeout), request(waiter_request), watched(waiter_watched) {}

    const RequestId request;
    const Watched watched;
    ListHook list_hook;
};

using WaiterList = boost::intrusive::list<
    Waiter, boost::intrusive::member_hook<Waiter, Waiter::ListHook, &Waiter::list_hook>,
    boost::intrusive::constant_time_size<false>>;

// All parked requests of a partition. They are not durable: a restart ends them, and the
// client asks again. Core thread.
class Waiters {
public:
    explicit Waiters(size_t waiters_max) : waiters_max_(waiters_max) {}

    // Adds to the end of `list`. `overloaded` when waiters_max requests are parked.
    Result<Waiter*> park(RequestId request, Waiter::Watched watched, WaiterList& list);
    // Takes the oldest of `list` out and gives back its request; the list is not empty.
    RequestId take_front(WaiterList& list);
    // Takes it out wherever it stands; false when it is not parked (any more).
    bool forget(RequestId request);
    // Null when it is not parked.
    Waiter* find(RequestId request);

    // Everyone, in the order of their requests.
    [[nodiscard]] std::vector<std::pair<RequestId, Waiter::Watched>> all() const;
    [[nodiscard]] size_t count() const { return waiters_.size(); }

private:
    size_t waiters_max_;
    boost::unordered_flat_map<RequestId, std::unique_ptr<Waiter>, std::hash<RequestId>> waiters_;
};

}  // namespace signalbox
