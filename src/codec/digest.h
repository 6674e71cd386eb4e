#pragma once

#include <string>
#include <string_view>

namespace signalbox {

// Base64 of the MD5, as Content-MD5 carries it. Against accidents only.
std::string md5_base64(std::string_view bytes);

// Base64 of the SHA-1, as Sec-WebSocket-Accept carries it. No secret depends on it.
std::string sha1_base64(std::string_view bytes);

// MD5 in lower-case digits, as Zaqar's checksums carry it. Against accidents only.
std::string md5_hex(std::string_view bytes);

// SHA-256, 32 bytes: what of a secret is kept.
std::string sha256(std::string_view bytes);

}  // namespace signalbox
