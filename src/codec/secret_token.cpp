#include "codec/secret_token.h"

#include <array>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int8_t, 256> make_values() {
    std::array<int8_t, 256> values{};
    for (auto& value : values) value = -1;
    for (size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
    }
    return values;
}

constexpr auto values = make_values();

}  // namespace

std::string format_token(std::string_view secret) {
    ASSERT(secret.size() == token_secret_bytes);
    return std::string(token_prefix) + base64url_encode(secret);
}

std::string base64url_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 6) {
            held -= 6;
            text.push_back(alphabet[(bits >> held) & 63]);
        }
    }
    if (held > 0) text.push_back(alphabet[(bits << (6 - held)) & 63]);
    return text;
}

bool base64url_decode(std::string_view text, std::string& bytes) {
    bytes.clear();
    bytes.reserve(text.size() * 3 / 4);
    uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const int8_t value = values[static_cast<unsigned char>(c)];
        if (value < 0) return false;
        bits = (bits << 6) | static_cast<uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>((bits >> held) & 0xff));
    }
    // A lone character is no byte, and what is left of the last one is zeros.
    return held < 6 && (bits & ((1u << held) - 1)) == 0;
}

}  // namespace signalbox
