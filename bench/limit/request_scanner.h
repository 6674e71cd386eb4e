#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace signalbox::bench {

// What the limit server must know of a request; no more.
struct ScannedRequest {
    std::string_view target;
    std::string_view body;
    size_t bytes = 0;  // of the whole request
};

// The request at the front of `bytes`, once it is whole. `malformed` when it cannot become one.
struct ScanOutcome {
    std::optional<ScannedRequest> request;
    bool malformed = false;
};

ScanOutcome scan_request(std::string_view bytes);

}  // namespace signalbox::bench
