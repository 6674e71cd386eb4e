#pragma once

#include <cstdint>

#include "base/result.h"

namespace signalbox {

// The status of an error, for dialects that have no older rule of their own.
uint16_t http_status(ErrorCode code);

// Whether it may pass if the client comes back; such answers carry Retry-After.
bool is_passing(ErrorCode code);
inline constexpr const char* retry_after_seconds = "1";

}  // namespace signalbox
