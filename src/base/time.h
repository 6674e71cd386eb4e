#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

// Time as the tree knows it: milliseconds, UTC, handed in as a parameter. Nothing below the
// composition root reads a clock by itself (port/clock.h).

namespace signalbox {

using Duration = std::chrono::milliseconds;

// A point of the calendar. Jumps when the operator or NTP sets the clock.
using Instant = std::chrono::time_point<std::chrono::system_clock, Duration>;

// A point of a clock that only runs forward, for leases measured by the server. Means nothing
// outside this process.
using SteadyInstant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Both clocks, read together once per batch.
struct Now {
    Instant wall;
    SteadyInstant steady;
};

inline constexpr Instant never = Instant::max();
inline constexpr SteadyInstant steady_never = SteadyInstant::max();

// point + duration, held at `max` instead of overflowing. `duration` is not negative.
template <class Point>
[[nodiscard]] constexpr Point saturating_add(Point point, Duration duration) {
    if (point.time_since_epoch() > Duration::zero() &&
        Point::max().time_since_epoch() - point.time_since_epoch() < duration) {
        return Point::max();
    }
    return point + duration;
}

// "2013-10-28T11:46:01.321Z". `never` and years past 9999 give the last instant of year 9999.
std::string format_instant(Instant instant);

// ISO 8601 with missing parts filled: "3000" is the first instant of that year, a time without
// zone is UTC. Fails with invalid_argument; the message says what a good one looks like.
Result<Instant> parse_instant(std::string_view text);

// "90s", "1h30m", "250ms", "1.5s", "7d". Units ns us ms s m h d, largest sum about 292 years.
// A unit is required, except for "0". Rounded down to milliseconds.
Result<Duration> parse_duration(std::string_view text);

// The shortest text that parse_duration reads back to the same value: "1m30s", "250ms".
std::string format_duration(Duration duration);

}  // namespace signalbox
