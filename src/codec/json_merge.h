#pragma once

#include <string>

#include "codec/json_reader.h"

namespace signalbox {

// `target` after the merge patch (RFC 7396). Members keep their order, new ones come last; of
// a name that is twice in one object of the patch the last one counts. Costs little more than to
// write both down.
std::string json_merge_patch(const JsonValue& target, const JsonValue& patch);

}  // namespace signalbox
