#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// The tokens that this server gives out: "sbx_" and 32 bytes that nobody can guess, as base64url
// without padding. The prefix is for people and programs that look for secrets where none should
// be.

namespace signalbox {

inline constexpr std::string_view token_prefix = "sbx_";
inline constexpr size_t token_secret_bytes = 32;

// Of as many bytes as that.
std::string format_token(std::string_view secret);

std::string base64url_encode(std::string_view bytes);
// Without padding, and only as it would be written. False otherwise.
bool base64url_decode(std::string_view text, std::string& bytes);

}  // namespace signalbox
