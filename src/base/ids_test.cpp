#include "base/ids.h"

#include <type_traits>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

constexpr std::string_view sample_text = "00112233-4455-6677-8899-aabbccddeeff";

Uuid sample() {
    Uuid uuid;
    for (size_t i = 0; i < uuid.bytes.size(); ++i) uuid.bytes[i] = static_cast<uint8_t>(i * 0x11);
    return uuid;
}

TEST(Uuid, is_written_as_five_groups_of_lower_case_digits) {
    EXPECT_EQ(sample().text(), sample_text);
    EXPECT_EQ(Uuid().text(), "00000000-0000-0000-0000-000000000000");
}

TEST(Uuid, is_read_in_either_case) {
    EXPECT_EQ(Uuid::parse(sample_text), sample());
    EXPECT_EQ(Uuid::parse("00112233-4455-6677-8899-AABBCCDDEEFF"), sample());
    EXPECT_EQ(Uuid::parse("00112233-4455-6677-8899-AaBbCcDdEeFf"), sample());
}

TEST(Uuid, is_not_read_from_anything_else) {
    for (const std::string_view text :
         {"", "-", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef",
          "00112233-4455-6677-8899-aabbccddeeff0", "{00112233-4455-6677-8899-aabbccddeeff}",
          "00112233-4455-6677-8899-aabbccddeefg", "0011223-34455-6677-8899-aabbccddeeff",
          "00112233+4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899_aabbccddeeff",
          " 0112233-4455-6677-8899-aabbccddeeff", "0x112233-4455-6677-8899-aabbccddeeff"}) {
        EXPECT_FALSE(Uuid::parse(text)) << text;
    }
}

RC_GTEST_PROP(Uuid, survives_text_and_raw_bytes, (uint64_t high, uint64_t low)) {
    Uuid uuid;
    for (size_t i = 0; i < 8; ++i) {
        uuid.bytes[i] = static_cast<uint8_t>(high >> (8 * i));
        uuid.bytes[8 + i] = static_cast<uint8_t>(low >> (8 * i));
    }
    RC_ASSERT(Uuid::parse(uuid.text()) == uuid);
    RC_ASSERT(Uuid::from_raw(uuid.raw()) == uuid);
}

RC_GTEST_PROP(Uuid, with_one_letter_changed_is_another_one_or_none, ()) {
    std::string text(sample_text);
    const auto place = *rc::gen::inRange<size_t>(0, text.size());
    const char letter = *rc::gen::distinctFrom(rc::gen::arbitrary<char>(), text[place]);
    const bool other_case = (text[place] ^ letter) == 0x20 && letter >= 'A' && letter <= 'F';
    RC_PRE(!other_case);
    text[place] = letter;
    RC_ASSERT(Uuid::parse(text) != sample());
}

TEST(Uuid, has_another_hash_when_any_bit_differs) {
    for (size_t byte = 0; byte < 16; ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            Uuid uuid = sample();
            uuid.bytes[byte] = static_cast<uint8_t>(uuid.bytes[byte] ^ (1 << bit));
            EXPECT_NE(std::hash<Uuid>{}(uuid), std::hash<Uuid>{}(sample())) << byte << ":" << bit;
        }
    }
}

TEST(StrongNumber, counts_and_compares) {
    EXPECT_EQ(Revision().value, 0u);
    EXPECT_EQ(Revision(7).next(), Revision(8));
    EXPECT_LT(Revision(7), Revision(8));
    EXPECT_EQ(std::hash<Revision>{}(Revision(7)), std::hash<uint64_t>{}(7));
}

// A revision is no sequence, and no number becomes one by itself.
static_assert(!std::is_convertible_v<uint64_t, Revision>);
static_assert(!std::is_convertible_v<Revision, uint64_t>);
static_assert(!std::is_convertible_v<Revision, OwnerEpoch>);

}  // namespace
}  // namespace signalbox
