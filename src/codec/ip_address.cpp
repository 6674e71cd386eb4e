#include "codec/ip_address.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <arpa/inet.h>

namespace signalbox {
namespace {

constexpr std::array<uint8_t, 12> version_4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr uint8_t version_4_prefix_bits = 96;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated(text);
    std::array<uint8_t, 4> four{};
    if (::inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return of_version_4(four);
    IpAddress address;
    if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

IpAddress IpAddress::of_version_4(std::span<const uint8_t, 4> four) {
    IpAddress address;
    std::copy(version_4_prefix.begin(), version_4_prefix.end(), address.bytes.begin());
    std::copy(four.begin(), four.end(), address.bytes.begin() + version_4_prefix.size());
    return address;
}

bool IpAddress::is_version_4() const {
    return std::equal(version_4_prefix.begin(), version_4_prefix.end(), bytes.begin());
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const size_t slash = text.find('/');
    const auto first = IpAddress::parse(text.substr(0, slash));
    if (!first) return std::nullopt;
    const bool is_version_4 = text.find(':') == std::string_view::npos;
    const unsigned bits_max = is_version_4 ? 32 : 128;
    unsigned bits = bits_max;
    if (slash != std::string_view::npos) {
        const auto number = text.substr(slash + 1);
        const auto* end = number.data() + number.size();
        const auto [stopped, error] = std::from_chars(number.data(), end, bits);
        if (number.empty() || error != std::errc() || stopped != end || bits > bits_max) {
            return std::nullopt;
        }
    }
    IpNetwork network{*first, static_cast<uint8_t>(bits)};
    if (is_version_4) network.bits = static_cast<uint8_t>(bits + version_4_prefix_bits);
    for (size_t bit = network.bits; bit < 128; ++bit) {
        if ((first->bytes[bit / 8] & (0x80u >> (bit % 8))) != 0) return std::nullopt;
    }
    return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
    const size_t whole = bits / 8;
    if (!std::equal(first.bytes.begin(), first.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.bytes.begin())) {
        return false;
    }
    if (bits % 8 == 0) return true;
    const auto mask = static_cast<uint8_t>(0xff00u >> (bits % 8));
    return (first.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

}  // namespace signalbox
