#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

// MessagePack in and out of JSON text, for clients that speak it where others speak JSON.

namespace signalbox {

struct MsgpackLimits {
    size_t depth_max = 64;
    // One byte may say what takes several in JSON.
    size_t json_bytes_max = 4u << 20;
};

// The JSON text of one MessagePack value. Fails with invalid_argument when it is not exactly one,
// and for what JSON has no form for: binary data, extensions, keys that are not text, text that is
// not UTF-8, infinite numbers; with too_large beyond the limits. Whole numbers stay whole, the
// members of a map keep their order, and repeated ones are kept.
Result<std::string> msgpack_to_json(std::string_view bytes, const MsgpackLimits& limits);

// The MessagePack of a JSON text, in the smallest form of each value; text as `str`. Fails as
// above; repeated members end as one.
Result<std::string> json_to_msgpack(std::string_view json, const MsgpackLimits& limits);

}  // namespace signalbox
