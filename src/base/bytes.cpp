#include "base/bytes.h"

#include <array>
#include <bit>
#include <cstring>

namespace signalbox {
namespace {

static_assert(std::endian::native == std::endian::little, "load_* and put_*_le copy as they are");

template <class Number>
void put_raw(std::string& out, Number value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
}

}  // namespace

void put_u8(std::string& out, uint8_t value) {
    out.push_back(static_cast<char>(value));
}

void put_u32_be(std::string& out, uint32_t value) {
    put_raw(out, __builtin_bswap32(value));
}

void put_u64_be(std::string& out, uint64_t value) {
    put_raw(out, __builtin_bswap64(value));
}

void put_u32_le(std::string& out, uint32_t value) {
    put_raw(out, value);
}

void put_u64_le(std::string& out, uint64_t value) {
    put_raw(out, value);
}

void put_varint(std::string& out, uint64_t value) {
    if (value < 0x80) return out.push_back(static_cast<char>(value));  // nearly all of them
    std::array<char, 10> bytes{};
    size_t count = 0;
    for (; value >= 0x80; value >>= 7) bytes[count++] = static_cast<char>(value | 0x80);
    bytes[count++] = static_cast<char>(value);
    out.append(bytes.data(), count);
}

void put_signed_varint(std::string& out, int64_t value) {
    const auto bits = static_cast<uint64_t>(value);
    put_varint(out, (bits << 1) ^ (value < 0 ? ~uint64_t{0} : 0));
}

void put_bytes(std::string& out, std::string_view bytes) {
    put_varint(out, bytes.size());
    out.append(bytes);
}

uint64_t load_u64_le(const char* bytes) {
    uint64_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

uint32_t load_u32_le(const char* bytes) {
    uint32_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

uint8_t ByteReader::u8() {
    const auto byte = fixed(1);
    return byte.empty() ? uint8_t{0} : static_cast<uint8_t>(byte.front());
}

uint32_t ByteReader::u32_be() {
    return static_cast<uint32_t>(big_endian(4));
}

uint64_t ByteReader::u64_be() {
    return big_endian(8);
}

uint32_t ByteReader::u32_le() {
    return static_cast<uint32_t>(little_endian(4));
}

uint64_t ByteReader::u64_le() {
    return little_endian(8);
}

uint64_t ByteReader::varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = u8();
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return ok_ ? value : 0;
    }
    fail();
    return 0;
}

int64_t ByteReader::signed_varint() {
    const uint64_t bits = varint();
    return static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

std::string_view ByteReader::bytes() {
    const uint64_t count = varint();
    if (count > rest_.size()) {
        fail();
        return {};
    }
    return fixed(static_cast<size_t>(count));
}

std::string_view ByteReader::fixed(size_t count) {
    if (count > rest_.size()) {
        fail();
        return {};
    }
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
}

std::string_view ByteReader::rest() {
    return fixed(rest_.size());
}

void ByteReader::fail() {
    ok_ = false;
    rest_ = {};
}

uint64_t ByteReader::big_endian(size_t count) {
    uint64_t value = 0;
    for (const char c : fixed(count)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
}

uint64_t ByteReader::little_endian(size_t count) {
    uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : fixed(count)) {
        value |= static_cast<uint64_t>(static_cast<uint8_t>(c)) << shift;
        shift += 8;
    }
    return value;
}

}  // namespace signalbox
