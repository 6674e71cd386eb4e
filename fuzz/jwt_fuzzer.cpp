#include "codec/jwt.h"
#include "codec/secret_token.h"
#include "core/acl.h"
#include "fuzz/fuzzing.h"

// Any text as a token, as a key set, as base64url and as a pattern.

namespace signalbox {
namespace {

// What is signed in the corpus.
constexpr std::string_view known_text =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ";

const JwtKeySet& known_keys() {
    // Of RFC 7515, A.3, and RFC 8037, A.2.
    static const auto keys =
        JwtKeySet::parse(R"({"keys":[{"kty":"EC","crv":"P-256","kid":"e",)"
                         R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
                         R"({"kty":"OKP","crv":"Ed25519","kid":"o",)"
                         R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    ASSERT(keys && keys->size() == 2);
    return *keys;
}

}  // namespace

void fuzz_one(std::string_view input) {
    if (const auto token = Jwt::parse(input)) {
        ASSERT(token->claims.root().is_object());
        const JwtKey* const key = known_keys().find(*token);
        // Nobody but the standard has signed with it, and only that.
        if (key != nullptr && key->verifies(*token)) ASSERT(token->signed_text == known_text);
        static_cast<void>(find_claim(token->claims.root(), "a.b.c"));
    }
    if (const auto keys = JwtKeySet::parse(input)) ASSERT(keys->size() > 0);
    std::string bytes;
    if (base64url_decode(input, bytes)) ASSERT(base64url_encode(bytes) == input);
    const auto middle = input.substr(0, 300);
    const auto pattern = middle.substr(0, middle.size() / 2);
    if (check_acl_pattern(pattern, 256)) {
        static_cast<void>(acl_matches(pattern, middle.substr(middle.size() / 2)));
    }
}

}  // namespace signalbox
