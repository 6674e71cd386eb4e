#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace signalbox {

// Stands for a key where the key itself must not be seen: the first 64 bits of its SHA-256.
using BodyKeyId = StrongNumber<struct BodyKeyIdTag>;
std::string format_body_key_id(BodyKeyId id);  // 16 digits

// What has to be known beside the key to open a body again; no secret.
struct BodySeal {
    BodyKeyId key;
    std::array<char, 12> nonce{};

    bool operator==(const BodySeal&) const = default;
};

// Bodies that nobody reads without a key: AES-256-GCM. The first key seals, each of them opens, so
// a new one is put in front of the others.
//
// No two bodies may be sealed with the same key and nonce: who has both would learn about them and
// could forge more. Nonces come from the caller, 96 bits drawn at random. The core's numbers begin
// anew with each start of each partition, from a seed of the system's, so none goes on where
// another one was, and what a crash took back is not drawn again. That chance brings a pair is less
// likely than 2^-32 up to 2^32 bodies, and that is what one key is good for. That others could tell
// the next nonce does no harm.
//
// Never changes; any thread.
class BodyCipher {
public:
    static constexpr size_t tag_bytes = 16;  // a sealed body is so much longer
    static constexpr size_t keys_max = 64;
    using Key = std::array<unsigned char, 32>;

    // At least one key.
    explicit BodyCipher(std::vector<Key> keys);
    // One or more lines of 64 hexadecimal digits; empty ones do not count.
    static Result<BodyCipher> parse(std::string_view lines);

    // Of the key that seals, and then the others.
    [[nodiscard]] const std::vector<BodyKeyId>& ids() const { return ids_; }

    // Replaces `sealed`. `bound` is not in it, but must be the same when it is opened.
    void seal(const std::array<char, 12>& nonce, std::string_view bound, std::string_view body,
              std::string& sealed) const;
    // `unavailable` without the key, `internal` when something of it is not as it was.
    [[nodiscard]] Result<std::string> open(const BodySeal& seal, std::string_view bound,
                                           std::string_view sealed) const;

private:
    std::vector<Key> keys_;
    std::vector<BodyKeyId> ids_;
};

}  // namespace signalbox
