#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>

#include "signalbox/client/options.h"
#include "signalbox/client/problem.h"

namespace signalbox::client {

// The pauses between the attempts of one call: at random between nothing and a bound that
// doubles each time, so that clients whom one event has cut off do not come back together; but
// never shorter than the server asked for.
class Retry {
public:
    using Clock = std::chrono::steady_clock;

    Retry(Duration retry_for, const CallOptions& call);

    // Sleeps until the next attempt is due. False when none is to be made: the time is over,
    // or the call was stopped.
    bool pause(std::optional<std::chrono::seconds> at_least = std::nullopt);
    // The server was heard of: what fails from now on is a new failure.
    void reset();

    // For the deadline of an attempt that takes `span` at most.
    [[nodiscard]] Clock::time_point attempt_deadline(Duration span) const;
    [[nodiscard]] bool is_stopped() const { return call_.stop.stop_requested(); }
    [[nodiscard]] const CallOptions& call() const { return call_; }

private:
    const Duration retry_for_;
    const CallOptions& call_;
    Duration bound_;
    std::optional<Clock::time_point> until_;  // set by the first failure
    std::minstd_rand random_;
};

}  // namespace signalbox::client
