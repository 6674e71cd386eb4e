#include "codec/jwt.h"

#include <gtest/gtest.h>

#include "codec/jwt_maker_test.h"

namespace signalbox {
namespace {

const std::string claims = R"({"sub":"ann","tenant":"blue"})";

std::string key_set(const std::vector<std::string>& keys) {
    std::string text = R"({"keys":[)";
    for (const auto& key : keys) text += (text.ends_with('[') ? "" : ",") + key;
    return text + "]}";
}

bool is_good(const std::string& text, const JwtKeySet& keys) {
    const auto token = Jwt::parse(text);
    if (!token) return false;
    const JwtKey* key = keys.find(*token);
    return key != nullptr && key->verifies(*token);
}

JwtKeySet parsed(const std::vector<std::string>& keys) {
    auto set = JwtKeySet::parse(key_set(keys));
    if (!set) throw std::runtime_error(set.error().message);
    return std::move(*set);
}

struct Signing {
    std::string algorithm;
    JwtMaker (*make)();
};

class JwtSigning : public testing::TestWithParam<Signing> {};

TEST_P(JwtSigning, is_checked_to_the_bit) {
    const auto& [algorithm, make] = GetParam();
    const auto maker = make();
    const auto keys = parsed({maker.jwk("k1")});
    const auto token = maker.token(algorithm, "k1", claims);
    EXPECT_TRUE(is_good(token, keys));
    EXPECT_FALSE(is_good(make().token(algorithm, "k1", claims), keys)) << "of another key";
    EXPECT_FALSE(is_good(maker.token(algorithm, "k2", claims), keys)) << "under another id";
    // A bit of the signature, and other claims under the same signature.
    const size_t dot = token.rfind('.');
    std::string signature;
    ASSERT_TRUE(base64url_decode(std::string_view(token).substr(dot + 1), signature));
    for (const size_t at : {size_t{0}, signature.size() / 2, signature.size() - 1}) {
        auto other = signature;
        other[at] = static_cast<char>(other[at] ^ 1);
        EXPECT_FALSE(is_good(token.substr(0, dot + 1) + base64url_encode(other), keys));
    }
    EXPECT_FALSE(is_good(token.substr(0, dot + 1), keys)) << "no signature";
    EXPECT_FALSE(is_good(token.substr(0, dot + 1) + base64url_encode(signature + "x"), keys));
    const auto head = token.substr(0, token.find('.') + 1);
    EXPECT_FALSE(is_good(head + base64url_encode(R"({"sub":"eve"})") + token.substr(dot), keys));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, JwtSigning,
                         testing::Values(Signing{"RS256", [] { return JwtMaker::rsa(); }},
                                         Signing{"RS384", [] { return JwtMaker::rsa(); }},
                                         Signing{"RS512", [] { return JwtMaker::rsa(); }},
                                         Signing{"PS256", [] { return JwtMaker::rsa(); }},
                                         Signing{"ES256", [] { return JwtMaker::ec("P-256"); }},
                                         Signing{"ES384", [] { return JwtMaker::ec("P-384"); }},
                                         Signing{"EdDSA", [] { return JwtMaker::ed25519(); }}),
                         [](const auto& signing) { return signing.param.algorithm; });

// RFC 7515, A.3: made by somebody else.
TEST(Jwt, of_the_standard_is_good) {
    const auto keys = parsed({R"({"kty":"EC","crv":"P-256",)"
                              R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                              R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"});
    EXPECT_TRUE(
        is_good("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
                "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCg"
                "fTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
                keys));
}

TEST(Jwt, that_is_not_signed_is_refused) {
    for (const auto* algorithm : {"none", "None", "NONE", "nOnE", ""}) {
        const auto header = std::string(R"({"alg":")") + algorithm + "\"}";
        EXPECT_FALSE(Jwt::parse(base64url_encode(header) + "." + base64url_encode(claims) + "."));
    }
    EXPECT_FALSE(Jwt::parse(base64url_encode("{}") + "." + base64url_encode(claims) + "."));
}

// The public key is no secret, so whoever has it could sign with it as one.
TEST(Jwt, signed_with_the_public_key_as_a_secret_is_refused) {
    const auto maker = JwtMaker::rsa();
    const auto keys = parsed({maker.jwk("k1")});
    const auto token = hs256_token(maker.public_bytes(), claims);
    EXPECT_FALSE(Jwt::parse(token));
    EXPECT_FALSE(is_good(token, keys));
}

TEST(Jwt, is_not_checked_with_a_key_of_another_kind) {
    const auto rsa = JwtMaker::rsa();
    const auto ec = JwtMaker::ec();
    const auto keys = parsed({ec.jwk("k1")});
    EXPECT_FALSE(is_good(rsa.token("RS256", "k1", claims), keys));
    // A key that names its algorithm is for that one only.
    const auto pinned = parsed({rsa.jwk("k1", R"(,"alg":"RS512")")});
    EXPECT_FALSE(is_good(rsa.token("RS256", "k1", claims), pinned));
    EXPECT_TRUE(is_good(rsa.token("RS512", "k1", claims), pinned));
}

TEST(Jwt, without_a_key_id_needs_the_only_key_of_its_kind) {
    const auto one = JwtMaker::ec();
    const auto other = JwtMaker::ec();
    const auto rsa = JwtMaker::rsa();
    const auto token = one.sign("ES256", R"({"alg":"ES256"})", claims);
    EXPECT_TRUE(is_good(token, parsed({one.jwk("k1"), rsa.jwk("k2")})));
    EXPECT_FALSE(is_good(token, parsed({one.jwk("k1"), other.jwk("k2")})));
}

TEST(Jwt, with_what_is_not_known_and_critical_is_refused) {
    const auto maker = JwtMaker::ec();
    const auto keys = parsed({maker.jwk("k1")});
    EXPECT_FALSE(is_good(
        maker.sign("ES256", R"({"alg":"ES256","crit":["b64"],"b64":false})", claims), keys));
    EXPECT_FALSE(is_good(maker.sign("ES256", R"({"alg":"none","alg":"ES256"})", claims), keys));
    EXPECT_FALSE(is_good(maker.sign("ES256", R"({"alg":["ES256"]})", claims), keys));
}

TEST(Jwt, that_is_damaged_is_refused) {
    const auto maker = JwtMaker::ec();
    const auto good = maker.token("ES256", "k1", claims);
    ASSERT_TRUE(Jwt::parse(good));
    for (const auto& wrong :
         {std::string(), std::string("."), std::string(".."), std::string("a.b.c"),
          good.substr(0, good.rfind('.')), good + ".", good + "=", " " + good,
          maker.sign("ES256", R"({"alg":"ES256"})", "[]"),
          maker.sign("ES256", R"({"alg":"ES256"})", "{"),
          maker.sign("ES256", R"("ES256")", claims)}) {
        const auto parsed_token = Jwt::parse(wrong);
        ASSERT_FALSE(parsed_token) << wrong;
        EXPECT_EQ(parsed_token.error().code, ErrorCode::unauthenticated);
    }
}

TEST(JwtKeySet, leaves_out_keys_that_are_none_of_ours) {
    const auto good = JwtMaker::ec();
    const auto keys = parsed({good.jwk("k1"), JwtMaker::rsa(1024).jwk("short"),
                              JwtMaker::ec().jwk("for encryption", R"(,"use":"enc")"),
                              R"({"kty":"oct","k":"c2VjcmV0","kid":"k1"})",
                              R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})",
                              R"({"kty":"RSA","n":"AQAB"})", R"({"kty":"EC"})", "7", "{}",
                              R"({"kty":"EC","crv":"P-256","kid":"not on the curve",)"
                              R"("x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE",)"
                              R"("y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"})"});
    EXPECT_EQ(keys.size(), 1u);
    EXPECT_TRUE(is_good(good.token("ES256", "k1", claims), keys));
}

TEST(JwtKeySet, that_is_none_is_refused) {
    for (const auto* wrong : {"", "{}", "[]", R"({"keys":7})", R"({"keys":[]})",
                              R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})"}) {
        EXPECT_FALSE(JwtKeySet::parse(wrong)) << wrong;
    }
}

TEST(FindClaim, takes_a_name_with_dots_before_a_way_through_objects) {
    const auto document = JsonDocument::parse(
        R"({"a":{"b":{"c":"deep"}},"https://x.y/roles":"whole","n":null,"a.z":1})");
    ASSERT_TRUE(document);
    const auto text = [&](std::string_view name) {
        const auto claim = find_claim(document->root(), name);
        return claim ? std::string(claim->text().value_or("no text")) : "nothing";
    };
    EXPECT_EQ(text("a.b.c"), "deep");
    EXPECT_EQ(text("https://x.y/roles"), "whole");
    EXPECT_EQ(text("a.z"), "no text");
    EXPECT_EQ(text("a.b.d"), "nothing");
    EXPECT_EQ(text("n"), "nothing");
    EXPECT_EQ(text("a.b.c.d"), "nothing");
}

}  // namespace
}  // namespace signalbox
