#include "dialect/http_status.h"

#include "base/assert.h"

namespace signalbox {

uint16_t http_status(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return 400;
        case ErrorCode::unauthenticated: return 401;
        case ErrorCode::forbidden: return 403;
        case ErrorCode::not_found: return 404;
        case ErrorCode::conflict: return 409;
        case ErrorCode::key_reused: return 422;
        case ErrorCode::precondition_failed: return 412;
        case ErrorCode::too_large: return 413;
        case ErrorCode::overloaded: return 429;
        case ErrorCode::unavailable: return 503;
        case ErrorCode::internal: return 500;
    }
    ASSERT(false);
}

bool is_passing(ErrorCode code) {
    return code == ErrorCode::overloaded || code == ErrorCode::unavailable;
}

}  // namespace signalbox
