#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Bytes of our own formats: big endian where bytes must sort like numbers (keys), varints and
// length-prefixed strings elsewhere (rows, journal). The formats are told in docs/formats.md.

namespace signalbox {

void put_u8(std::string& out, uint8_t value);
void put_u32_be(std::string& out, uint32_t value);
void put_u64_be(std::string& out, uint64_t value);
void put_u32_le(std::string& out, uint32_t value);
void put_u64_le(std::string& out, uint64_t value);
// 7 bits a byte, lowest first, the high bit says that more follow; at most 10 bytes.
void put_varint(std::string& out, uint64_t value);
// Small negative numbers stay small: 0 -1 1 -2 ... become 0 1 2 3 ...
void put_signed_varint(std::string& out, int64_t value);
// A varint length, then the bytes.
void put_bytes(std::string& out, std::string_view bytes);

uint64_t load_u64_le(const char* bytes);
uint32_t load_u32_le(const char* bytes);

// Takes values from the front of some bytes. A read past the end, or of a varint that does not
// end, gives zeros, leaves nothing to read and makes ok() false for good, so a decoder checks
// once, at its end.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    uint8_t u8();
    uint32_t u32_be();
    uint64_t u64_be();
    uint32_t u32_le();
    uint64_t u64_le();
    uint64_t varint();
    int64_t signed_varint();
    // Views into the bytes given to the constructor.
    std::string_view bytes();
    std::string_view fixed(size_t count);
    std::string_view rest();

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] size_t left() const { return rest_.size(); }

private:
    void fail();
    uint64_t big_endian(size_t count);
    uint64_t little_endian(size_t count);

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace signalbox
