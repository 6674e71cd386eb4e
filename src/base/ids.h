#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// Strong types for every number and identifier that travels through the tree, so that a
// revision cannot be passed as a sequence.

namespace signalbox {

template <class Tag, class Number = uint64_t>
struct StrongNumber {
    Number value{};

    constexpr StrongNumber() = default;
    constexpr explicit StrongNumber(Number number) : value(number) {}
    constexpr auto operator<=>(const StrongNumber&) const = default;
    [[nodiscard]] constexpr StrongNumber next() const { return StrongNumber(value + 1); }
};

// The number of a committed change set of one partition: rises by one, is never reused and
// survives restarts. 0 is "before everything".
using Revision = StrongNumber<struct RevisionTag>;

// The holder of a partition's journal. Rises with each opening; an append under an older one
// is refused.
using OwnerEpoch = StrongNumber<struct OwnerEpochTag>;

// Stands for a tenant's name in keys. Given out by a partition, from 1.
using TenantId = StrongNumber<struct TenantIdTag, uint32_t>;

// A request under way, as the core sees it: opaque, chosen by the front end.
using RequestId = StrongNumber<struct RequestIdTag>;

// Two lower-case digits a byte.
std::string to_hex(std::string_view bytes);
// Exactly `count` bytes in lower-case digits; false otherwise.
bool read_hex(std::string_view text, uint8_t* bytes, size_t count);

// 128 bits, written as 8-4-4-4-12 hexadecimal digits.
struct Uuid {
    std::array<uint8_t, 16> bytes{};

    constexpr auto operator<=>(const Uuid&) const = default;

    // Takes exactly the dashed form, in either case; nothing otherwise.
    static std::optional<Uuid> parse(std::string_view text);
    // Lower case.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string_view raw() const {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    // `raw` has 16 bytes.
    static Uuid from_raw(std::string_view raw);
};

// 96 bits that mean something to whoever gave them out, and nothing to anybody else; written as
// 24 lower-case hexadecimal digits.
template <class Tag>
struct OpaqueId {
    std::array<uint8_t, 12> bytes{};

    constexpr auto operator<=>(const OpaqueId&) const = default;

    // Takes exactly 24 hexadecimal digits, in lower case; nothing otherwise.
    static std::optional<OpaqueId> parse(std::string_view text) {
        OpaqueId id;
        if (!read_hex(text, id.bytes.data(), id.bytes.size())) return std::nullopt;
        return id;
    }
    [[nodiscard]] std::string text() const { return to_hex(raw()); }
    [[nodiscard]] std::string_view raw() const {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    // `raw` has 12 bytes.
    static OpaqueId from_raw(std::string_view raw) {
        OpaqueId id;
        raw.copy(reinterpret_cast<char*>(id.bytes.data()), id.bytes.size());
        return id;
    }
};

// Fit for tables of ids whose last bytes may all be the same.
struct OpaqueIdHash {
    template <class Tag>
    size_t operator()(const OpaqueId<Tag>& id) const noexcept {
        return std::hash<std::string_view>{}(id.raw());
    }
};

using MessageId = OpaqueId<struct MessageIdTag>;
using ClaimId = OpaqueId<struct ClaimIdTag>;
using SubscriptionId = OpaqueId<struct SubscriptionIdTag>;

// Fit for tables keyed by ids that nobody chooses by hand; the bytes are random already.
size_t hash_value(const Uuid& uuid);

}  // namespace signalbox

template <class Tag, class Number>
struct std::hash<signalbox::StrongNumber<Tag, Number>> {
    size_t operator()(const signalbox::StrongNumber<Tag, Number>& number) const noexcept {
        return std::hash<Number>{}(number.value);
    }
};

template <>
struct std::hash<signalbox::Uuid> {
    size_t operator()(const signalbox::Uuid& uuid) const noexcept { return hash_value(uuid); }
};
