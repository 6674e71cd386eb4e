#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/assert.h"
#include "codec/jwt.h"
#include "codec/secret_token.h"

namespace signalbox {
namespace {

constexpr int rsa_bits_min = 2048;
// A longer one takes so long to check that tokens would be a way to keep a server busy.
constexpr int rsa_bits_max = 8192;

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using Pkey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

const unsigned char* unsigned_bytes(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Number number_of(std::string_view bytes) {
    return Number(BN_bin2bn(unsigned_bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Pkey make_key(const char* type, OSSL_PARAM* params) {
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return nullptr;
    }
    return Pkey(key);
}

// A member in base64url, as bytes.
std::string bytes_member(JsonMembers& members, std::string_view name) {
    const auto text = members.text(name);
    std::string bytes;
    if (!text || !*text || !base64url_decode(**text, bytes)) bytes.clear();
    return bytes;
}

Pkey read_rsa(JsonMembers& members) {
    const auto modulus = bytes_member(members, "n");
    const auto exponent = bytes_member(members, "e");
    if (modulus.empty() || exponent.empty() || modulus.size() > rsa_bits_max / 8 + 1 ||
        exponent.size() > 8) {
        return nullptr;
    }
    const Number n = number_of(modulus);
    const Number e = number_of(exponent);
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    auto key = make_key("RSA", params.get());
    if (!key || EVP_PKEY_bits(key.get()) < rsa_bits_min ||
        EVP_PKEY_bits(key.get()) > rsa_bits_max) {
        return nullptr;
    }
    return key;
}

struct Curve {
    std::string_view name;
    const char* group;
    size_t coordinate_bytes;
    JwtAlgorithm algorithm;
};

constexpr std::array<Curve, 2> curves{{{"P-256", "prime256v1", 32, JwtAlgorithm::es256},
                                       {"P-384", "secp384r1", 48, JwtAlgorithm::es384}}};

const Curve* curve_for(JwtAlgorithm algorithm) {
    for (const auto& curve : curves) {
        if (curve.algorithm == algorithm) return &curve;
    }
    return nullptr;
}

Pkey read_ec(JsonMembers& members, const Curve& curve) {
    const auto x = bytes_member(members, "x");
    const auto y = bytes_member(members, "y");
    if (x.size() != curve.coordinate_bytes || y.size() != curve.coordinate_bytes) return nullptr;
    std::string point = "\x04" + x + y;
    std::string group = curve.group;
    std::array<OSSL_PARAM, 3> params{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    return make_key("EC", params.data());
}

Pkey read_ed25519(JsonMembers& members) {
    const auto x = bytes_member(members, "x");
    constexpr size_t key_bytes = 32;
    if (x.size() != key_bytes) return nullptr;
    return Pkey(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, unsigned_bytes(x), x.size()));
}

// JWTs have the two numbers behind each other, OpenSSL wants them as DER.
std::string der_of(std::string_view signature, size_t coordinate_bytes) {
    if (signature.size() != 2 * coordinate_bytes) return {};
    const EcdsaSignature parts(ECDSA_SIG_new());
    Number r = number_of(signature.substr(0, coordinate_bytes));
    Number s = number_of(signature.substr(coordinate_bytes));
    if (ECDSA_SIG_set0(parts.get(), r.get(), s.get()) != 1) return {};
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    unsigned char* bytes = nullptr;
    const int size = i2d_ECDSA_SIG(parts.get(), &bytes);
    if (size <= 0) return {};
    std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

const EVP_MD* digest_of(JwtAlgorithm algorithm) {
    switch (algorithm) {
        case JwtAlgorithm::rs256:
        case JwtAlgorithm::ps256:
        case JwtAlgorithm::es256: return EVP_sha256();
        case JwtAlgorithm::rs384:
        case JwtAlgorithm::es384: return EVP_sha384();
        case JwtAlgorithm::rs512: return EVP_sha512();
        case JwtAlgorithm::eddsa: return nullptr;
    }
    ASSERT(false);
}

}  // namespace

struct JwtKey::Content {
    Pkey key;
    std::vector<JwtAlgorithm> algorithms;
};

JwtKey::JwtKey() : content_(std::make_unique<Content>()) {}
JwtKey::~JwtKey() = default;
JwtKey::JwtKey(JwtKey&&) noexcept = default;
JwtKey& JwtKey::operator=(JwtKey&&) noexcept = default;

std::optional<JwtKey> JwtKey::from_jwk(const JsonValue& jwk) {
    auto members = JsonMembers::of(jwk);
    if (!members) return std::nullopt;
    const auto type = members->text("kty");
    const auto curve_name = members->text("crv");
    const auto use = members->text("use");
    const auto algorithm = members->text("alg");
    const auto id = members->text("kid");
    if (!type || !curve_name || !use || !algorithm || !id) return std::nullopt;
    if (use->value_or("sig") != "sig") return std::nullopt;
    JwtKey key;
    key.id_ = id->value_or("");
    auto& content = *key.content_;
    if (*type == "RSA") {
        content.key = read_rsa(*members);
        content.algorithms = {JwtAlgorithm::rs256, JwtAlgorithm::rs384, JwtAlgorithm::rs512,
                              JwtAlgorithm::ps256};
    } else if (*type == "EC") {
        for (const auto& curve : curves) {
            if (*curve_name != curve.name) continue;
            content.key = read_ec(*members, curve);
            content.algorithms = {curve.algorithm};
        }
    } else if (*type == "OKP" && *curve_name == "Ed25519") {
        content.key = read_ed25519(*members);
        content.algorithms = {JwtAlgorithm::eddsa};
    }
    if (!content.key) return std::nullopt;
    if (*algorithm) {
        const auto only = parse_jwt_algorithm(**algorithm);
        if (!only || !key.is_for(*only)) return std::nullopt;
        content.algorithms = {*only};
    }
    return key;
}

bool JwtKey::is_for(JwtAlgorithm algorithm) const {
    const auto& known = content_->algorithms;
    return std::find(known.begin(), known.end(), algorithm) != known.end();
}

bool JwtKey::verifies(const Jwt& token) const {
    if (!is_for(token.algorithm)) return false;
    std::string signature = token.signature;
    if (const auto* curve = curve_for(token.algorithm)) {
        signature = der_of(signature, curve->coordinate_bytes);
        if (signature.empty()) return false;
    }
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* details = nullptr;
    if (!context || EVP_DigestVerifyInit(context.get(), &details, digest_of(token.algorithm),
                                         nullptr, content_->key.get()) != 1) {
        return false;
    }
    if (token.algorithm == JwtAlgorithm::ps256 &&
        (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) != 1)) {
        return false;
    }
    return EVP_DigestVerify(context.get(), unsigned_bytes(signature), signature.size(),
                            unsigned_bytes(token.signed_text), token.signed_text.size()) == 1;
}

}  // namespace signalbox
