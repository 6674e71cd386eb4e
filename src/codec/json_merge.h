#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox {

// `target` after the merge patch (RFC 7396). Both are valid JSON and not deeper than JsonDocument
// takes. Members keep their order, new ones come last.
Result<std::string> json_merge_patch(std::string_view target, std::string_view patch);

}  // namespace signalbox
