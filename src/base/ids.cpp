#include "base/ids.h"

#include <cstring>

#include "base/assert.h"

namespace signalbox {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr size_t uuid_text_bytes = 36;

constexpr bool is_dash_at(size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

int lower_hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

int hex_value(char c) {
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return lower_hex_value(c);
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string out(bytes.size() * 2, '0');
    char* at = out.data();
    for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        *at++ = hex_digits[byte >> 4];
        *at++ = hex_digits[byte & 0xf];
    }
    return out;
}

bool read_hex(std::string_view text, uint8_t* bytes, size_t count) {
    if (text.size() != count * 2) return false;
    for (size_t i = 0; i < count; ++i) {
        const int high = lower_hex_value(text[2 * i]);
        const int low = lower_hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        bytes[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return true;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != uuid_text_bytes) return std::nullopt;
    Uuid uuid;
    size_t nibble = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (is_dash_at(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return std::nullopt;
        auto& byte = uuid.bytes[nibble / 2];
        byte = static_cast<uint8_t>(nibble % 2 == 0 ? value << 4 : byte | value);
        ++nibble;
    }
    return uuid;
}

std::string Uuid::text() const {
    std::string out(uuid_text_bytes, '-');
    char* at = out.data();
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
        *at++ = hex_digits[bytes[i] >> 4];
        *at++ = hex_digits[bytes[i] & 0xf];
    }
    return out;
}

Uuid Uuid::from_raw(std::string_view raw) {
    Uuid uuid;
    ASSERT(raw.size() == uuid.bytes.size());
    std::memcpy(uuid.bytes.data(), raw.data(), raw.size());
    return uuid;
}

size_t hash_value(const Uuid& uuid) {
    // Both halves take part: a caller may send ids that differ in one half only.
    uint64_t high = 0;
    uint64_t low = 0;
    std::memcpy(&high, uuid.bytes.data(), sizeof high);
    std::memcpy(&low, uuid.bytes.data() + sizeof high, sizeof low);
    return (high ^ (low * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
}

}  // namespace signalbox
