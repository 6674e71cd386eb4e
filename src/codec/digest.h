#pragma once

#include <string>
#include <string_view>

namespace signalbox {

// Base64 of the MD5, as Content-MD5 carries it. Against accidents only.
std::string md5_base64(std::string_view bytes);

}  // namespace signalbox
