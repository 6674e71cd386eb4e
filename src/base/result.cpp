#include "base/result.h"

#include "base/assert.h"

namespace signalbox {

const char* error_code_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return "invalid_argument";
        case ErrorCode::unauthenticated: return "unauthenticated";
        case ErrorCode::forbidden: return "forbidden";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::key_reused: return "key_reused";
        case ErrorCode::precondition_failed: return "precondition_failed";
        case ErrorCode::too_large: return "too_large";
        case ErrorCode::overloaded: return "overloaded";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::internal: return "internal";
    }
    ASSERT(false);
}

}  // namespace signalbox
