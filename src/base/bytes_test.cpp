#include "base/bytes.h"

#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

using namespace std::string_view_literals;

std::string varint(uint64_t value) {
    std::string out;
    put_varint(out, value);
    return out;
}

std::string signed_varint(int64_t value) {
    std::string out;
    put_signed_varint(out, value);
    return out;
}

TEST(FixedNumbers, have_the_bytes_that_the_formats_say) {
    std::string out;
    put_u8(out, 0xab);
    put_u32_be(out, 0x01020304);
    put_u64_be(out, 0x0102030405060708);
    put_u32_le(out, 0x01020304);
    put_u64_le(out, 0x0102030405060708);
    EXPECT_EQ(out,
              "\xab"
              "\x01\x02\x03\x04"
              "\x01\x02\x03\x04\x05\x06\x07\x08"
              "\x04\x03\x02\x01"
              "\x08\x07\x06\x05\x04\x03\x02\x01"sv);
    EXPECT_EQ(load_u32_le(out.data() + 13), 0x01020304u);
    EXPECT_EQ(load_u64_le(out.data() + 17), 0x0102030405060708u);
}

RC_GTEST_PROP(FixedNumbers, are_read_back,
              (uint8_t a, uint32_t b, uint64_t c, uint32_t d, uint64_t e)) {
    std::string out;
    put_u8(out, a);
    put_u32_be(out, b);
    put_u64_be(out, c);
    put_u32_le(out, d);
    put_u64_le(out, e);
    ByteReader reader(out);
    RC_ASSERT(reader.u8() == a);
    RC_ASSERT(reader.u32_be() == b);
    RC_ASSERT(reader.u64_be() == c);
    RC_ASSERT(reader.u32_le() == d);
    RC_ASSERT(reader.u64_le() == e);
    RC_ASSERT(reader.ok() && reader.at_end());
}

RC_GTEST_PROP(BigEndian, sorts_as_bytes_like_the_numbers, (uint64_t a, uint64_t b)) {
    std::string first;
    std::string second;
    put_u64_be(first, a);
    put_u64_be(second, b);
    RC_ASSERT((first < second) == (a < b));
}

TEST(Varint, takes_seven_bits_a_byte) {
    EXPECT_EQ(varint(0), "\0"sv);
    EXPECT_EQ(varint(127), "\x7f");
    EXPECT_EQ(varint(128), "\x80\x01");
    EXPECT_EQ(varint(300), "\xac\x02");
    EXPECT_EQ(varint(std::numeric_limits<uint64_t>::max()),
              "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

RC_GTEST_PROP(Varint, is_read_back, (uint64_t wide)) {
    // Every length is as likely as any other.
    const uint64_t value = wide >> *rc::gen::inRange(0, 64);
    const auto bytes = varint(value);
    RC_ASSERT(bytes.size() <= 10u);
    ByteReader reader(bytes);
    RC_ASSERT(reader.varint() == value);
    RC_ASSERT(reader.ok() && reader.at_end());
}

TEST(SignedVarint, keeps_small_negative_numbers_small) {
    EXPECT_EQ(signed_varint(0), "\0"sv);
    EXPECT_EQ(signed_varint(-1), "\x01");
    EXPECT_EQ(signed_varint(1), "\x02");
    EXPECT_EQ(signed_varint(-64), "\x7f");
    EXPECT_EQ(signed_varint(64), "\x80\x01");
}

RC_GTEST_PROP(SignedVarint, is_read_back, (int64_t wide)) {
    const int64_t value = wide >> *rc::gen::inRange(0, 64);
    const auto bytes = signed_varint(value);
    ByteReader reader(bytes);
    RC_ASSERT(reader.signed_varint() == value);
    RC_ASSERT(reader.ok() && reader.at_end());
}

TEST(SignedVarint, reaches_both_ends_of_its_range) {
    for (const int64_t value :
         {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
        const auto bytes = signed_varint(value);
        EXPECT_EQ(ByteReader(bytes).signed_varint(), value);
    }
}

RC_GTEST_PROP(Strings, of_any_bytes_are_read_back, (const std::vector<std::string>& strings)) {
    std::string out;
    for (const auto& text : strings) put_bytes(out, text);
    ByteReader reader(out);
    for (const auto& text : strings) RC_ASSERT(reader.bytes() == text);
    RC_ASSERT(reader.ok() && reader.at_end());
}

TEST(ByteReader, gives_zeros_past_the_end_and_says_so) {
    const auto bytes = "\x01\x02"sv;
    EXPECT_EQ(ByteReader("").u8(), 0u);
    EXPECT_EQ(ByteReader(bytes).u32_be(), 0u);
    EXPECT_EQ(ByteReader(bytes).u64_be(), 0u);
    EXPECT_EQ(ByteReader(bytes).u32_le(), 0u);
    EXPECT_EQ(ByteReader(bytes).u64_le(), 0u);
    EXPECT_EQ(ByteReader(bytes).fixed(3), "");
    ByteReader reader(bytes);
    EXPECT_EQ(reader.u32_be(), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, does_not_become_well_again) {
    ByteReader reader("\x01\x02\x03"sv);
    EXPECT_EQ(reader.u8(), 1u);
    EXPECT_TRUE(reader.ok());
    reader.u32_be();
    EXPECT_EQ(reader.u8(), 0u);
    EXPECT_EQ(reader.rest(), "");
    EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, refuses_a_varint_that_is_cut_or_never_ends) {
    ByteReader cut("\xff\xff"sv);
    EXPECT_EQ(cut.varint(), 0u);
    EXPECT_FALSE(cut.ok());
    const std::string endless(12, '\x80');
    ByteReader reader(endless);
    EXPECT_EQ(reader.varint(), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, refuses_a_string_that_is_longer_than_what_is_left) {
    ByteReader reader(
        "\x05"
        "abcd"sv);
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_FALSE(reader.ok());
    std::string huge = varint(std::numeric_limits<uint64_t>::max());
    ByteReader overflowing(huge);
    EXPECT_EQ(overflowing.bytes(), "");
    EXPECT_FALSE(overflowing.ok());
}

TEST(ByteReader, says_what_is_left) {
    ByteReader reader("abcdef");
    EXPECT_EQ(reader.fixed(2), "ab");
    EXPECT_EQ(reader.left(), 4u);
    EXPECT_EQ(reader.rest(), "cdef");
    EXPECT_TRUE(reader.at_end());
    EXPECT_TRUE(reader.ok());
}

RC_GTEST_PROP(ByteReader, never_reads_outside_of_its_bytes, (const std::string& bytes)) {
    ByteReader reader(bytes);
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9));
    for (const int step : steps) {
        switch (step) {
            case 0: reader.u8(); break;
            case 1: reader.u32_be(); break;
            case 2: reader.u64_be(); break;
            case 3: reader.u32_le(); break;
            case 4: reader.u64_le(); break;
            case 5: reader.varint(); break;
            case 6: reader.signed_varint(); break;
            case 7: reader.bytes(); break;
            default: reader.fixed(3); break;
        }
        RC_ASSERT(reader.left() <= bytes.size());
        RC_ASSERT(reader.ok() || reader.at_end());
    }
}

}  // namespace
}  // namespace signalbox
