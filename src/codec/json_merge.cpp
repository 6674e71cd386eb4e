#include "codec/json_merge.h"

#include <nlohmann/json.hpp>

namespace signalbox {

Result<std::string> json_merge_patch(std::string_view target, std::string_view patch) {
    auto merged = nlohmann::ordered_json::parse(target, nullptr, false);
    const auto change = nlohmann::ordered_json::parse(patch, nullptr, false);
    if (merged.is_discarded() || change.is_discarded()) {
        return fail(ErrorCode::invalid_argument, "is not JSON", "body");
    }
    merged.merge_patch(change);
    return merged.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace signalbox
