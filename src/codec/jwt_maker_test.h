#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "codec/secret_token.h"

namespace signalbox {

// The other side of tokens: private keys, and what is signed with them.
class JwtMaker {
public:
    static JwtMaker rsa(unsigned bits = 2048) {
        return JwtMaker(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits)));
    }
    static JwtMaker ec(const char* curve = "P-256") {
        return JwtMaker(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
    }
    static JwtMaker ed25519() { return JwtMaker(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

    // The public part, as a JWK; `more` are further members: ,"use":"enc"
    [[nodiscard]] std::string jwk(const std::string& id, const std::string& more = {}) const {
        std::string members;
        if (is("RSA")) {
            members = R"("kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
                      number(OSSL_PKEY_PARAM_RSA_E, 0) + '"';
        } else if (is("EC")) {
            const bool is_256 = EVP_PKEY_bits(key_.get()) == 256;
            const int bytes = is_256 ? 32 : 48;
            members = std::string(R"("kty":"EC","crv":")") + (is_256 ? "P-256" : "P-384") +
                      R"(","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, bytes) + R"(","y":")" +
                      number(OSSL_PKEY_PARAM_EC_PUB_Y, bytes) + '"';
        } else {
            members = R"("kty":"OKP","crv":"Ed25519","x":")" + base64url_encode(raw_public()) + '"';
        }
        return "{" + members + R"(,"kid":")" + id + '"' + more + "}";
    }

    // A token with that header and those claims, signed as `algorithm` says.
    [[nodiscard]] std::string sign(const std::string& algorithm, const std::string& header,
                                   const std::string& claims) const {
        const auto text = base64url_encode(header) + "." + base64url_encode(claims);
        return text + "." + base64url_encode(signature(algorithm, text));
    }
    // The usual header.
    [[nodiscard]] std::string token(const std::string& algorithm, const std::string& id,
                                    const std::string& claims) const {
        return sign(algorithm, R"({"alg":")" + algorithm + R"(","typ":"JWT","kid":")" + id + "\"}",
                    claims);
    }
    [[nodiscard]] std::string signature(const std::string& algorithm,
                                        const std::string& text) const {
        const EVP_MD* digest = EVP_sha256();
        if (algorithm.ends_with("384")) digest = EVP_sha384();
        if (algorithm.ends_with("512")) digest = EVP_sha512();
        if (is("ED25519")) digest = nullptr;
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                         EVP_MD_CTX_free);
        EVP_PKEY_CTX* details = nullptr;
        must(EVP_DigestSignInit(context.get(), &details, digest, nullptr, key_.get()));
        if (algorithm.starts_with("PS")) {
            must(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING));
            must(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST));
        }
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        size_t size = 0;
        must(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()));
        std::string made(size, '\0');
        must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                            bytes, text.size()));
        made.resize(size);
        return is("EC") ? both_numbers(made) : made;
    }
    // The public key as a file would have it, which somebody may take for a shared secret.
    [[nodiscard]] std::string public_bytes() const {
        unsigned char* bytes = nullptr;
        const int size = i2d_PUBKEY(key_.get(), &bytes);
        std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
        OPENSSL_free(bytes);
        return der;
    }

private:
    explicit JwtMaker(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { must(key != nullptr); }

    static void must(int done) {
        if (done != 1) throw std::runtime_error("OpenSSL does not do what a test needs");
    }
    bool is(const char* type) const { return EVP_PKEY_is_a(key_.get(), type) == 1; }
    std::string number(const char* name, int bytes) const {
        BIGNUM* value = nullptr;
        must(EVP_PKEY_get_bn_param(key_.get(), name, &value));
        std::string out(static_cast<size_t>(bytes > 0 ? bytes : BN_num_bytes(value)), '\0');
        must(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()),
                          static_cast<int>(out.size())) >= 0);
        BN_free(value);
        return base64url_encode(out);
    }
    std::string raw_public() const {
        std::string out(32, '\0');
        size_t size = out.size();
        must(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                         &size));
        return out;
    }
    std::string both_numbers(const std::string& der) const {
        const int bytes = EVP_PKEY_bits(key_.get()) / 8;
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
        must(parts != nullptr);
        std::string out(static_cast<size_t>(2 * bytes), '\0');
        auto* to = reinterpret_cast<unsigned char*>(out.data());
        must(BN_bn2binpad(ECDSA_SIG_get0_r(parts), to, bytes) >= 0);
        must(BN_bn2binpad(ECDSA_SIG_get0_s(parts), to + bytes, bytes) >= 0);
        ECDSA_SIG_free(parts);
        return out;
    }

    std::shared_ptr<EVP_PKEY> key_;
};

// A token that is signed with a secret that both sides have.
inline std::string hs256_token(const std::string& secret, const std::string& claims) {
    const auto text =
        base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url_encode(claims);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
    return text + "." +
           base64url_encode({reinterpret_cast<const char*>(digest), static_cast<size_t>(size)});
}

}  // namespace signalbox
