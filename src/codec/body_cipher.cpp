#include "codec/body_cipher.h"

#include <algorithm>
#include <cctype>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/digest.h"

namespace signalbox {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

// To look it up takes longer than to encrypt a short body.
const EVP_CIPHER* algorithm() {
    static const EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    return found;
}

enum class Direction : int { open = 0, seal = 1 };  // as OpenSSL has them

// Ready for the body, with what is bound to it.
Context begin(Direction direction, const BodyCipher::Key& key, const std::array<char, 12>& nonce,
              std::string_view bound) {
    Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    ASSERT(context != nullptr);
    const auto* const start = reinterpret_cast<const unsigned char*>(nonce.data());
    int length = 0;
    const bool is_ready = EVP_CipherInit_ex(context.get(), algorithm(), nullptr, key.data(), start,
                                            static_cast<int>(direction)) == 1 &&
                          EVP_CipherUpdate(context.get(), nullptr, &length, bytes_of(bound),
                                           static_cast<int>(bound.size())) == 1;
    ASSERT(is_ready);
    return context;
}

BodyKeyId id_of(const BodyCipher::Key& key) {
    const auto digest = sha256({reinterpret_cast<const char*>(key.data()), key.size()});
    return BodyKeyId(ByteReader(digest).u64_be());
}

}  // namespace

std::string format_body_key_id(BodyKeyId id) {
    return fmt::format("{:016x}", id.value);
}

BodyCipher::BodyCipher(std::vector<Key> keys) : keys_(std::move(keys)) {
    ASSERT(!keys_.empty());
    ids_.reserve(keys_.size());
    for (const auto& key : keys_) ids_.push_back(id_of(key));
}

Result<BodyCipher> BodyCipher::parse(std::string_view lines) {
    std::vector<Key> keys;
    for (size_t number = 1; !lines.empty(); ++number) {
        const size_t end = std::min(lines.find('\n'), lines.size());
        std::string line(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) continue;
        std::transform(line.begin(), line.end(), line.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        Key key{};
        if (!read_hex(line, key.data(), key.size())) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("line {} must be {} hexadecimal digits; openssl rand -hex {} "
                                    "makes them",
                                    number, 2 * key.size(), key.size()));
        }
        if (keys.size() == keys_max) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("must have at most {} keys", keys_max));
        }
        keys.push_back(key);
    }
    if (keys.empty()) return fail(ErrorCode::invalid_argument, "has no key");
    return BodyCipher(std::move(keys));
}

void BodyCipher::seal(const std::array<char, 12>& nonce, std::string_view bound,
                      std::string_view body, std::string& sealed) const {
    const auto context = begin(Direction::seal, keys_.front(), nonce, bound);
    sealed.resize(body.size() + tag_bytes);
    int length = 0;
    int rest = 0;
    const bool is_sealed =
        EVP_CipherUpdate(context.get(), bytes_of(sealed), &length, bytes_of(body),
                         static_cast<int>(body.size())) == 1 &&
        EVP_CipherFinal_ex(context.get(), bytes_of(sealed) + length, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_bytes),
                            bytes_of(sealed) + body.size()) == 1;
    ASSERT(is_sealed && static_cast<size_t>(length) == body.size() && rest == 0);
}

Result<std::string> BodyCipher::open(const BodySeal& seal, std::string_view bound,
                                     std::string_view sealed) const {
    const auto found = std::find(ids_.begin(), ids_.end(), seal.key);
    if (found == ids_.end()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("is encrypted with key {}, which this server does not have",
                                format_body_key_id(seal.key)));
    }
    const Error damaged{
        ErrorCode::internal,
        fmt::format("is damaged: key {} does not decrypt it", format_body_key_id(seal.key)),
        {}};
    if (sealed.size() < tag_bytes) return fail(damaged);
    const auto& key = keys_[static_cast<size_t>(found - ids_.begin())];
    const auto context = begin(Direction::open, key, seal.nonce, bound);
    std::string tag(sealed.substr(sealed.size() - tag_bytes));
    std::string body(sealed.size() - tag_bytes, '\0');
    int length = 0;
    int rest = 0;
    const bool is_opened = EVP_CipherUpdate(context.get(), bytes_of(body), &length,
                                            bytes_of(sealed), static_cast<int>(body.size())) == 1 &&
                           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                               static_cast<int>(tag_bytes), tag.data()) == 1 &&
                           EVP_CipherFinal_ex(context.get(), bytes_of(body) + length, &rest) == 1;
    if (!is_opened) return fail(damaged);
    return body;
}

}  // namespace signalbox
