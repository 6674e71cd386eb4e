#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace signalbox {

// An address of either version; one of version 4 is that of version 6 which stands for it
// (::ffff:a.b.c.d), so nobody gets past a rule by writing it the other way.
struct IpAddress {
    std::array<uint8_t, 16> bytes{};

    constexpr auto operator<=>(const IpAddress&) const = default;

    // "10.0.0.1" or "fe80::1"; nothing else, no port and no zone.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress of_version_4(std::span<const uint8_t, 4> four);
    [[nodiscard]] bool is_version_4() const;
};

// All addresses that begin with the same bits.
struct IpNetwork {
    IpAddress first;
    uint8_t bits = 0;  // of the 128

    // "10.0.0.0/8", "fd00::/8", or an address alone. Nothing when bits are set behind those that
    // count, because then something else was meant.
    static std::optional<IpNetwork> parse(std::string_view text);
    [[nodiscard]] bool contains(const IpAddress& address) const;
};

}  // namespace signalbox
