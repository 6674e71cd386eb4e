#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signalbox {

// With padding, on one line.
std::string base64_encode(std::string_view bytes);
// Takes exactly what base64_encode gives; nothing otherwise.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace signalbox
