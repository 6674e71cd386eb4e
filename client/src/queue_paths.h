#pragma once

#include <string>
#include <string_view>

#include "text.h"

namespace signalbox::client {

// The target of a queue, or of something in it: `rest` begins with a slash or a question mark.
inline std::string queue_path(const std::string& queue, std::string_view rest = {}) {
    return "/api/v1/queues/" + percent_encode(queue) + std::string(rest);
}

}  // namespace signalbox::client
