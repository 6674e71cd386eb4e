#pragma once

#include "port/clock.h"

namespace signalbox {

// Time that stands still until someone moves it. Both clocks begin at a round date.
class SimClock : public Clock {
public:
    [[nodiscard]] Now now() const override { return now_; }
    [[nodiscard]] std::chrono::nanoseconds stopwatch() const override {
        return now_.steady.time_since_epoch();
    }

    void advance(Duration span) {
        now_.wall += span;
        now_.steady += span;
    }
    // What an operator or NTP does: the calendar jumps, the steady clock does not.
    void step_wall(Duration span) { now_.wall += span; }

private:
    Now now_{Instant(Duration(1'767'225'600'000)),  // 2026-01-01T00:00:00Z
             SteadyInstant(std::chrono::hours(1000))};
};

}  // namespace signalbox
