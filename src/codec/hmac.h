#pragma once

#include <string>
#include <string_view>

namespace signalbox {

// HMAC-SHA256, 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
// The same in lower-case digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

// Whether two texts are the same, in a time that tells nothing of where they differ.
bool is_same_secret(std::string_view a, std::string_view b);

}  // namespace signalbox
