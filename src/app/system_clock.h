#pragma once

#include "port/clock.h"

namespace signalbox {

// The clocks of the machine.
class SystemClock : public Clock {
public:
    [[nodiscard]] Now now() const override {
        using std::chrono::time_point_cast;
        return {time_point_cast<Duration>(std::chrono::system_clock::now()),
                time_point_cast<Duration>(std::chrono::steady_clock::now())};
    }
    [[nodiscard]] std::chrono::nanoseconds stopwatch() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

}  // namespace signalbox
