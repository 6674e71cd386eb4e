#include "base/assert.h"
#include "codec/json_reader.h"
#include "codec/msgpack.h"
#include "fuzz/fuzzing.h"

// Any bytes: what is taken for MessagePack is JSON, and comes back as the same JSON.

namespace signalbox {

void fuzz_one(std::string_view input) {
    constexpr MsgpackLimits limits{32, 64u << 10};
    const auto json = msgpack_to_json(input, limits);
    if (!json) {
        ASSERT(json.error().code == ErrorCode::invalid_argument ||
               json.error().code == ErrorCode::too_large);
    } else {
        const auto document = JsonDocument::parse(*json);
        ASSERT(document);
        const auto packed = json_to_msgpack(*json, limits);
        ASSERT(packed);
        const auto again = msgpack_to_json(*packed, limits);
        ASSERT(again);
        // Repeated members end as one, and only then is it shorter.
        ASSERT(*again == *json || again->size() < json->size());
    }
    // And any text.
    if (const auto packed = json_to_msgpack(input, limits)) {
        const auto back = msgpack_to_json(*packed, limits);
        ASSERT(back || back.error().code == ErrorCode::too_large);
    }
}

}  // namespace signalbox
