#include "codec/base64.h"

#include <openssl/evp.h>

namespace signalbox {

std::string base64_encode(std::string_view bytes) {
    // Four letters for each three bytes, and the null that OpenSSL adds.
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<size_t>(length));
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                       reinterpret_cast<const unsigned char*>(text.data()),
                                       static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    bytes.resize(static_cast<size_t>(length));
    // OpenSSL counts the padding for bytes.
    for (size_t i = 0; i < 2 && text.ends_with('='); ++i, text.remove_suffix(1)) bytes.pop_back();
    // It is lenient about spaces and stray bits.
    std::string again = base64_encode(bytes);
    while (again.ends_with('=')) again.pop_back();
    if (again != text) return std::nullopt;
    return bytes;
}

}  // namespace signalbox
