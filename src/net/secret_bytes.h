#pragma once

#include <cstddef>
#include <string>

namespace signalbox {

// From the system's generator: whoever sees some of them cannot tell the rest. Any thread.
std::string secret_bytes(size_t count);

}  // namespace signalbox
