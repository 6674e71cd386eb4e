#include "dialect/zaqar/retry_policy.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include <fmt/format.h>

#include "codec/json_text.h"

namespace signalbox::zaqar {
namespace {

constexpr std::array<std::string_view, 5> number_names{"retries_with_no_delay",
                                                       "minimum_delay_retries", "minimum_delay",
                                                       "maximum_delay", "maximum_delay_retries"};
constexpr std::array<std::string_view, 4> functions{"\"linear\"", "\"arithmetic\"", "\"geometric\"",
                                                    "\"exponential\""};
constexpr int64_t delay_difference_min = 10;

bool is_absent(std::string_view value) {
    return value == "null" || value == "0" || value == "false" || value == "\"\"";
}

tl::unexpected<std::string> wrong(std::string why) {
    return tl::unexpected<std::string>(std::move(why));
}

}  // namespace

tl::expected<void, std::string> check_retry_policy(std::string_view policy) {
    JsonTextReader reader(policy);
    if (reader.kind() != JsonKind::object) return wrong("retry_policy must be a dict.");
    std::map<std::string_view, int64_t> numbers{{"minimum_delay", 5}, {"maximum_delay", 30}};
    reader.enter();
    while (const auto name = reader.next_member()) {
        const auto value = reader.take();
        if (is_absent(value)) continue;
        const auto known = std::find_if(number_names.begin(), number_names.end(),
                                        [&](const auto& one) { return is_json_name(*name, one); });
        if (known != number_names.end()) {
            const auto number = json_integer(value);
            if (!number || *number < 0) {
                return wrong(fmt::format("Retry policy: {} must be a integer.", *known));
            }
            numbers[*known] = *number;
        } else if (is_json_name(*name, "retry_backoff_function")) {
            if (std::find(functions.begin(), functions.end(), value) == functions.end()) {
                return wrong(
                    "retry_backoff_function must be one of linear, arithmetic, geometric, "
                    "exponential.");
            }
        } else if (is_json_name(*name, "ignore_subscription_override") && value != "true") {
            return wrong("ignore_subscription_override must be a boolean.");
        }
    }
    const int64_t minimum = numbers["minimum_delay"];
    const int64_t maximum = numbers["maximum_delay"];
    if (maximum < minimum) {
        return wrong("minimum_delay must less than maximum_delay.");
    }
    if (maximum - minimum < delay_difference_min) {
        return wrong("minimum_delay and maximum_delay must be at least 10 seconds apart.");
    }
    return {};
}

}  // namespace signalbox::zaqar
