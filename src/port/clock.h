#pragma once

#include "base/time.h"

namespace signalbox {

// Where time comes from. Any thread.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Now now() const = 0;
    // A stopwatch, for measuring spans shorter than a millisecond. Only ever for metrics.
    [[nodiscard]] virtual std::chrono::nanoseconds stopwatch() const = 0;
};

}  // namespace signalbox
