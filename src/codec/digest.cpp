#include "codec/digest.h"

#include <array>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/assert.h"
#include "base/ids.h"
#include "codec/base64.h"

namespace signalbox {
namespace {

std::string digest_base64(std::string_view bytes, const EVP_MD* kind) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int digest_bytes = 0;
    const int made =
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &digest_bytes, kind, nullptr);
    ASSERT(made == 1);
    return base64_encode({reinterpret_cast<const char*>(digest.data()), digest_bytes});
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int digest_bytes = 0;
    const int made =
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &digest_bytes, EVP_md5(), nullptr);
    ASSERT(made == 1);
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest_bytes});
}

std::string md5_base64(std::string_view bytes) {
    return digest_base64(bytes, EVP_md5());
}

std::string sha1_base64(std::string_view bytes) {
    return digest_base64(bytes, EVP_sha1());
}

// Not through EVP, which looks for its implementation each time: this is done for each request.
std::string sha256(std::string_view bytes) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

}  // namespace signalbox
