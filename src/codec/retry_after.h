#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace signalbox {

// How long Retry-After asks to wait: seconds, or a date of HTTP in any of its three forms. Zero
// for a date that is past, nothing for what is neither.
std::optional<Duration> parse_retry_after(std::string_view text, Instant now);

}  // namespace signalbox
