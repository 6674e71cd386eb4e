#include "codec/body_cipher.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

std::string bytes_of(std::string_view hex) {
    std::string bytes(hex.size() / 2, '\0');
    EXPECT_TRUE(read_hex(hex, reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
    return bytes;
}

BodyCipher cipher_of(std::string_view lines) {
    auto cipher = BodyCipher::parse(lines);
    EXPECT_TRUE(cipher) << cipher.error().message;
    return cipher ? *cipher : BodyCipher({BodyCipher::Key{}});
}

std::string refusal_of(std::string_view lines) {
    const auto cipher = BodyCipher::parse(lines);
    return cipher ? "" : cipher.error().message;
}

std::array<char, 12> nonce_of(std::string_view hex) {
    std::array<char, 12> nonce{};
    bytes_of(hex).copy(nonce.data(), nonce.size());
    return nonce;
}

const std::string one(64, '1');
const std::string two(64, '2');
const auto some_nonce = nonce_of("000102030405060708090a0b");

std::string sealed_by(const BodyCipher& cipher, std::string_view body) {
    std::string sealed;
    cipher.seal(some_nonce, "bound", body, sealed);
    return sealed;
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
TEST(BodyCipher, is_that_of_the_standard) {
    const auto cipher =
        cipher_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const auto nonce = nonce_of("cafebabefacedbaddecaf888");
    const auto bound = bytes_of("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto body = bytes_of(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    std::string sealed;
    cipher.seal(nonce, bound, body, sealed);
    EXPECT_EQ(to_hex(sealed),
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
              "76fc6ece0f4e1768cddf8853bb2d551b");
    const auto opened = cipher.open({cipher.ids().front(), nonce}, bound, sealed);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*opened, body);
}

// The id is the beginning of what `printf %064d | xxd -r -p | sha256sum` says.
TEST(BodyCipher, names_keys_by_their_digest) {
    const auto cipher = cipher_of(std::string(64, '0'));
    EXPECT_EQ(format_body_key_id(cipher.ids().front()), "66687aadf862bd77");
    EXPECT_EQ(format_body_key_id(BodyKeyId(1)), "0000000000000001");
}

TEST(BodyCipher, opens_bodies_of_every_length) {
    const auto cipher = cipher_of(one);
    for (size_t length = 0; length < 100; ++length) {
        const std::string body(length, 'x');
        const auto sealed = sealed_by(cipher, body);
        EXPECT_EQ(sealed.size(), length + BodyCipher::tag_bytes);
        const auto opened = cipher.open({cipher.ids().front(), some_nonce}, "bound", sealed);
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, body);
    }
}

TEST(BodyCipher, finds_whatever_is_not_as_it_was) {
    const auto cipher = cipher_of(one);
    const BodySeal seal{cipher.ids().front(), some_nonce};
    const auto sealed = sealed_by(cipher, "body");
    const auto code = [&](const BodySeal& with, std::string_view bound, std::string_view text) {
        const auto opened = cipher.open(with, bound, text);
        return opened ? std::optional<ErrorCode>() : opened.error().code;
    };
    EXPECT_EQ(code(seal, "bound", sealed), std::nullopt);
    for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
        auto other = sealed;
        other[bit / 8] =
            static_cast<char>(static_cast<uint8_t>(other[bit / 8]) ^ (1u << (bit % 8)));
        EXPECT_EQ(code(seal, "bound", other), ErrorCode::internal) << bit;
    }
    for (size_t length = 0; length < sealed.size(); ++length) {
        EXPECT_EQ(code(seal, "bound", sealed.substr(0, length)), ErrorCode::internal) << length;
    }
    EXPECT_EQ(code(seal, "bound", sealed + '\0'), ErrorCode::internal);
    EXPECT_EQ(code(seal, "Bound", sealed), ErrorCode::internal);
    EXPECT_EQ(code(seal, "", sealed), ErrorCode::internal);
    auto other = seal;
    other.nonce.back() = 'x';
    EXPECT_EQ(code(other, "bound", sealed), ErrorCode::internal);
}

TEST(BodyCipher, opens_with_every_key_and_seals_with_the_first) {
    const auto before = cipher_of(one);
    const auto after = cipher_of(two + "\n" + one + "\n");
    ASSERT_EQ(after.ids().size(), 2u);
    const auto old = sealed_by(before, "old");
    const auto opened = after.open({before.ids().front(), some_nonce}, "bound", old);
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, "old");

    const auto fresh = sealed_by(after, "fresh");
    EXPECT_EQ(fresh, sealed_by(cipher_of(two), "fresh"));
    const auto refused = before.open({after.ids().front(), some_nonce}, "bound", fresh);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(refused.error().message, "is encrypted with key " +
                                           format_body_key_id(after.ids().front()) +
                                           ", which this server does not have");
    // A key that says it is another one.
    EXPECT_EQ(before.open({before.ids().front(), some_nonce}, "bound", fresh).error().code,
              ErrorCode::internal);
}

TEST(BodyCipher, reads_a_key_a_line) {
    EXPECT_EQ(cipher_of("\r\n" + std::string(64, 'A') + "\r\n\n" + two).ids(),
              cipher_of(std::string(64, 'a') + "\n" + two + "\n").ids());
    const std::string digits = " must be 64 hexadecimal digits; openssl rand -hex 32 makes them";
    EXPECT_EQ(refusal_of(""), "has no key");
    EXPECT_EQ(refusal_of("\n\r\n"), "has no key");
    EXPECT_EQ(refusal_of(one + "\nx"), "line 2" + digits);
    EXPECT_EQ(refusal_of("\n" + one + " "), "line 2" + digits);
    EXPECT_EQ(refusal_of(one + two), "line 1" + digits);
    EXPECT_EQ(refusal_of(one.substr(1)), "line 1" + digits);
    EXPECT_EQ(refusal_of(one.substr(1) + "g"), "line 1" + digits);
    std::string many;
    for (size_t i = 0; i < BodyCipher::keys_max; ++i) many += one + "\n";
    EXPECT_EQ(refusal_of(many), "");
    EXPECT_EQ(refusal_of(many + one), "must have at most 64 keys");
}

}  // namespace
}  // namespace signalbox
