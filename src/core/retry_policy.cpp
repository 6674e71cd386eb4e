#include "core/retry_policy.h"

#include <algorithm>

#include "codec/json_text.h"

namespace signalbox {
namespace {

// In these steps the delays grow from the shortest to the longest.
constexpr Duration growth_step = std::chrono::seconds(5);
constexpr int64_t retries_max = 10'000;
// So many are made at once; further ones that are to have no delay have a short one, which grows.
constexpr uint32_t at_once_max = 8;
constexpr Duration short_delay = std::chrono::milliseconds(100);
constexpr int64_t delay_seconds_max = RetryPolicy::delay_max / std::chrono::seconds(1);

// How many delays lie between the shortest and the longest.
uint32_t growing_delays(const RetryPolicy& policy) {
    const auto span = policy.maximum - policy.minimum;
    return static_cast<uint32_t>(std::max<int64_t>(span / growth_step, 0));
}

// Binary fractions: so many bits behind the point.
constexpr unsigned fraction_bits = 31;
constexpr uint64_t one = uint64_t{1} << fraction_bits;

uint64_t square_root(uint64_t square) {
    uint64_t root = 0;
    for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
        const uint64_t tried = root | bit;
        if (tried * tried <= square) root = tried;
    }
    return root;
}

// The binary logarithm of a quotient that is at least 1, bit by bit: squaring doubles it.
uint64_t logarithm(uint64_t dividend, uint64_t divisor) {
    uint64_t whole = 0;
    while (dividend >= 2 * divisor) {
        divisor *= 2;
        ++whole;
    }
    uint64_t rest = (dividend << fraction_bits) / divisor;
    uint64_t result = whole << fraction_bits;
    for (uint64_t bit = one / 2; bit != 0; bit /= 2) {
        rest = (rest * rest) >> fraction_bits;
        if (rest < 2 * one) continue;
        result |= bit;
        rest /= 2;
    }
    return result;
}

// `number` times two to that power.
uint64_t times_power(uint64_t number, uint64_t power) {
    uint64_t factor = one;
    uint64_t root = 2 * one;
    for (uint64_t bit = one / 2; bit != 0; bit /= 2) {
        root = square_root(root << fraction_bits);
        if ((power & bit) != 0) factor = (factor * root) >> fraction_bits;
    }
    return (number * factor) >> (fraction_bits - (power >> fraction_bits));
}

// The one with that index, from 0. In whole numbers, so that it is the same everywhere.
Duration growing_delay(const RetryPolicy& policy, uint32_t index) {
    const int64_t count = growing_delays(policy);
    const int64_t minimum = policy.minimum.count();
    const int64_t span = policy.maximum.count() - minimum;
    if (policy.growth == RetryPolicy::Growth::linear) return policy.minimum + index * growth_step;
    if (count < 2) return policy.minimum;
    if (index + 1 == count) return policy.maximum;
    if (policy.growth == RetryPolicy::Growth::arithmetic) {
        return Duration(minimum + span * index * (index + 1) / (count * (count - 1)));
    }
    const auto shortest = static_cast<uint64_t>(minimum);
    const uint64_t whole_power = logarithm(static_cast<uint64_t>(minimum + span), shortest);
    const uint64_t power = whole_power * index / static_cast<uint64_t>(count - 1);
    const auto delay = Duration(static_cast<int64_t>(times_power(shortest, power)));
    return std::clamp(delay, policy.minimum, policy.maximum);
}

void take_number(std::string_view value, uint32_t& place) {
    if (const auto number = json_integer(value); number && *number > 0) {
        place = static_cast<uint32_t>(std::min(*number, retries_max));
    }
}

void take_seconds(std::string_view value, Duration& place) {
    if (const auto number = json_integer(value); number && *number > 0) {
        place = std::chrono::seconds(std::min(*number, delay_seconds_max));
    }
}

RetryPolicy::Growth growth_of(std::string_view value) {
    if (value == "\"arithmetic\"") return RetryPolicy::Growth::arithmetic;
    if (value == "\"geometric\"") return RetryPolicy::Growth::geometric;
    if (value == "\"exponential\"") return RetryPolicy::Growth::exponential;
    return RetryPolicy::Growth::linear;
}

}  // namespace

RetryPolicy RetryPolicy::parse(std::string_view json) {
    RetryPolicy policy;
    JsonTextReader reader(json);
    if (reader.kind() != JsonKind::object) return policy;
    reader.enter();
    while (const auto name = reader.next_member()) {
        const auto value = reader.take();
        if (is_json_name(*name, "retries_with_no_delay")) {
            take_number(value, policy.retries_at_once);
        } else if (is_json_name(*name, "minimum_delay_retries")) {
            take_number(value, policy.retries_at_minimum);
        } else if (is_json_name(*name, "maximum_delay_retries")) {
            take_number(value, policy.retries_at_maximum);
        } else if (is_json_name(*name, "minimum_delay")) {
            take_seconds(value, policy.minimum);
        } else if (is_json_name(*name, "maximum_delay")) {
            take_seconds(value, policy.maximum);
        } else if (is_json_name(*name, "retry_backoff_function")) {
            policy.growth = growth_of(value);
        } else if (is_json_name(*name, "ignore_subscription_override")) {
            policy.overrides_subscription = value == "true";
        }
    }
    policy.maximum = std::max(policy.maximum, policy.minimum);
    return policy;
}

std::optional<Duration> RetryPolicy::delay_after(uint32_t failures) const {
    uint32_t index = failures - 1;
    if (index < std::min(retries_at_once, at_once_max)) return Duration::zero();
    if (index < retries_at_once) {
        return std::min((index - at_once_max + 1) * short_delay, std::max(minimum, short_delay));
    }
    index -= retries_at_once;
    if (index < retries_at_minimum) return minimum;
    index -= retries_at_minimum;
    const uint32_t growing = growing_delays(*this);
    if (index < growing) return growing_delay(*this, index);
    index -= growing;
    if (index < retries_at_maximum) return maximum;
    return std::nullopt;
}

}  // namespace signalbox
