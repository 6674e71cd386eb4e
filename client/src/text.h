#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signalbox/client/options.h"

namespace signalbox::client {

// "2013-10-28T11:46:01.321Z", and the same without the fraction.
std::optional<Instant> parse_instant(std::string_view text);
std::string format_instant(Instant instant);

// "1m30s", "250ms"; the units d h m s ms.
std::optional<Duration> parse_duration(std::string_view text);
// In one unit, which the server reads as well as any other.
std::string format_duration(Duration duration);

// For one segment of a path, or a value in a query.
std::string percent_encode(std::string_view text);

// 128 random bits.
std::string make_idempotency_key();

}  // namespace signalbox::client
