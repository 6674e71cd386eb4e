#include "core/retry_policy.h"

#include <algorithm>
#include <cmath>

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

// The one with that index, from 0.
Duration growing_delay(const RetryPolicy& policy, uint32_t index) {
    const double count = growing_delays(policy);
    const auto minimum = static_cast<double>(policy.minimum.count());
    const auto maximum = static_cast<double>(policy.maximum.count());
    const double at = index;
    double delay = minimum;
    switch (policy.growth) {
        case RetryPolicy::Growth::linear: return policy.minimum + index * growth_step;
        case RetryPolicy::Growth::arithmetic:
            if (count > 1) {
                const double difference = 2 * (maximum - minimum) / (count * (count - 1));
                delay = minimum + (at + 1) * at * difference / 2;
            }
            break;
        case RetryPolicy::Growth::geometric:
        case RetryPolicy::Growth::exponential:
            if (count > 1 && minimum > 0) {
                delay = minimum * std::pow(maximum / minimum, at / (count - 1));
            }
            break;
    }
    return std::clamp(Duration(std::llround(delay)), policy.minimum, policy.maximum);
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
