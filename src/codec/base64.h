#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signalbox {

// With '+', '/' and padding; see base64url_encode() in codec/secret_token for the other one.
std::string base64_encode(std::string_view bytes);
// Nothing when it is not exactly what the above writes.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace signalbox
