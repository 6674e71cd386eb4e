#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace signalbox {

// When an attempt that failed is made again, as in Zaqar's `_retry_policy`: some at once, some
// after the shortest delay, then with growing delays up to the longest, some with that, and then
// no more. Zaqar's source has the rules; its defaults lead to attempts at 0, 0, 0, 0, 5, 10, 15,
// 20, 30, 45, 65, 90, 120, 150 and 180 seconds.
struct RetryPolicy {
    enum class Growth : uint8_t { linear, arithmetic, geometric, exponential };

    // The longest delay that may be asked for; and with what is added so that not all come at once.
    static constexpr Duration delay_max = std::chrono::days(7);
    static constexpr Duration jitter_of(Duration delay) { return delay / 5; }
    static constexpr Duration pause_max = delay_max / 5 * 6;

    uint32_t retries_at_once = 3;
    uint32_t retries_at_minimum = 3;
    Duration minimum = std::chrono::seconds(5);
    Duration maximum = std::chrono::seconds(30);
    uint32_t retries_at_maximum = 3;
    Growth growth = Growth::linear;
    // On a queue or a subscription: the queue's is what counts, whatever the subscription has.
    bool overrides_subscription = false;

    // Of a JSON object that a dialect has checked; what is absent or false has its default, and
    // what is out of place counts as absent.
    static RetryPolicy parse(std::string_view json);

    // How long to wait after so many attempts have failed; nothing when there is no further one.
    [[nodiscard]] std::optional<Duration> delay_after(uint32_t failures) const;
};

}  // namespace signalbox
