#include "codec/jwt.h"

#include <algorithm>
#include <array>

#include "codec/secret_token.h"

namespace signalbox {
namespace {

struct Name {
    std::string_view text;
    JwtAlgorithm algorithm;
};

constexpr std::array<Name, 7> names{{{"RS256", JwtAlgorithm::rs256},
                                     {"RS384", JwtAlgorithm::rs384},
                                     {"RS512", JwtAlgorithm::rs512},
                                     {"PS256", JwtAlgorithm::ps256},
                                     {"ES256", JwtAlgorithm::es256},
                                     {"ES384", JwtAlgorithm::es384},
                                     {"EdDSA", JwtAlgorithm::eddsa}}};

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::unauthenticated, std::move(message));
}

Result<JsonDocument> read_part(std::string_view text) {
    std::string json;
    if (!base64url_decode(text, json)) return wrong("the token is not well-formed");
    auto document = JsonDocument::parse(json);
    if (!document || !document->root().is_object()) return wrong("the token is not well-formed");
    return document;
}

}  // namespace

std::optional<JwtAlgorithm> parse_jwt_algorithm(std::string_view name) {
    const auto* const found =
        std::find_if(names.begin(), names.end(), [&](const Name& n) { return n.text == name; });
    if (found == names.end()) return std::nullopt;
    return found->algorithm;
}

Result<Jwt> Jwt::parse(std::string_view text) {
    const size_t first = text.find('.');
    const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
        return wrong("the token is not of three parts");
    }
    TRY_AS(const auto head, read_part(text.substr(0, first)));
    // A name twice would be read differently by somebody else.
    auto members = JsonMembers::of(head.root());
    if (!members) return wrong("the token's header is not well-formed");
    const auto algorithm = members->text("alg");
    const auto key_id = members->text("kid");
    if (!algorithm || !key_id) return wrong("the token's header is not well-formed");
    const auto known = parse_jwt_algorithm(algorithm->value_or(""));
    if (!known) return wrong("the token is signed in a way that is not taken");
    // Whatever is said to be critical there is not known here.
    if (members->value("crit")) return wrong("the token needs an extension");
    TRY_AS(auto claims, read_part(text.substr(first + 1, second - first - 1)));
    std::string signature;
    if (!base64url_decode(text.substr(second + 1), signature)) {
        return wrong("the token is not well-formed");
    }
    return Jwt{*known, *key_id, std::string(text.substr(0, second)), std::move(signature),
               std::move(claims)};
}

Result<JwtKeySet> JwtKeySet::parse(std::string_view text) {
    TRY_AS(const auto document, JsonDocument::parse(text));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto keys, members.array("keys"));
    if (!keys) return fail(ErrorCode::invalid_argument, "is no key set", "keys");
    JwtKeySet set;
    for (const auto& jwk : *keys) {
        if (auto key = JwtKey::from_jwk(jwk)) set.keys_.push_back(std::move(*key));
    }
    if (set.keys_.empty()) {
        return fail(ErrorCode::invalid_argument, "has no key that a token can be signed with",
                    "keys");
    }
    return set;
}

const JwtKey* JwtKeySet::find(const Jwt& token) const {
    const JwtKey* found = nullptr;
    for (const auto& key : keys_) {
        if (!key.is_for(token.algorithm)) continue;
        if (token.key_id) {
            if (key.id() == *token.key_id) return &key;
            continue;
        }
        if (found != nullptr) return nullptr;
        found = &key;
    }
    return found;
}

std::optional<JsonValue> find_claim(const JsonValue& claims, std::string_view name) {
    const auto members = claims.members();
    const auto member = [&](std::string_view wanted) -> std::optional<JsonValue> {
        for (const auto& [known, value] : members) {
            if (known == wanted && !value.is_null()) return value;
        }
        return std::nullopt;
    };
    if (auto whole = member(name)) return whole;
    const size_t dot = name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto inner = member(name.substr(0, dot));
    if (!inner) return std::nullopt;
    return find_claim(*inner, name.substr(dot + 1));
}

}  // namespace signalbox
