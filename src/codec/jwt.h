#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json_reader.h"

// JSON Web Tokens in their compact form (RFC 7515, 7519) and the keys that sign them (RFC 7517).
// Only signatures of a private key: a token that is not signed, or by a secret that both sides
// have, is refused whatever the options say.

namespace signalbox {

enum class JwtAlgorithm : uint8_t { rs256, rs384, rs512, ps256, es256, es384, eddsa };

// "RS256"; nothing for any other, "none" and "HS256" among them.
std::optional<JwtAlgorithm> parse_jwt_algorithm(std::string_view name);

// A token that was taken apart. Nothing of it is believed before its signature was checked.
struct Jwt {
    // Fails with unauthenticated.
    static Result<Jwt> parse(std::string_view text);

    JwtAlgorithm algorithm = JwtAlgorithm::rs256;
    std::optional<std::string> key_id;
    std::string signed_text;  // what the signature is of
    std::string signature;
    JsonDocument claims;  // an object
};

// A public key, and what it is for.
class JwtKey {
public:
    // Nothing for a key that is none of ours: another type or curve, too short, or for encryption.
    static std::optional<JwtKey> from_jwk(const JsonValue& jwk);
    ~JwtKey();
    JwtKey(JwtKey&&) noexcept;
    JwtKey& operator=(JwtKey&&) noexcept;

    [[nodiscard]] const std::string& id() const { return id_; }
    // Whether signatures of that kind may be made with it: an RSA key makes no ECDSA ones, and a
    // key that names its algorithm none but those.
    [[nodiscard]] bool is_for(JwtAlgorithm algorithm) const;
    [[nodiscard]] bool verifies(const Jwt& token) const;

private:
    struct Content;
    JwtKey();

    std::string id_;
    std::unique_ptr<Content> content_;
};

class JwtKeySet {
public:
    // A JSON Web Key Set. Keys that are none of ours are left out; fails when none is left, or
    // when it is no key set.
    static Result<JwtKeySet> parse(std::string_view text);

    // The one key that a token can have been signed with: by its id, or, when it names none,
    // the only one of its kind.
    [[nodiscard]] const JwtKey* find(const Jwt& token) const;
    [[nodiscard]] size_t size() const { return keys_.size(); }

private:
    std::vector<JwtKey> keys_;
};

// The claim of that name; when there is none and the name has dots, the member that they lead to:
// "realm_access.roles".
std::optional<JsonValue> find_claim(const JsonValue& claims, std::string_view name);

}  // namespace signalbox
