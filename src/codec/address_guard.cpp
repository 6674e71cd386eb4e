#include "codec/address_guard.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox {
namespace {

struct Kind {
    IpNetwork network;
    std::string_view name;
    bool is_private = false;  // see Rules::allows_private
};

Kind kind(std::string_view network, std::string_view name, bool is_private = false) {
    const auto parsed = IpNetwork::parse(network);
    ASSERT(parsed);
    return {*parsed, name, is_private};
}

// Those of IANA's registries of special addresses that are not reachable from everywhere.
const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        kind("0.0.0.0/8", "this host"),
        kind("10.0.0.0/8", "a private network", true),
        kind("100.64.0.0/10", "a shared network of a provider", true),
        kind("127.0.0.0/8", "loopback", true),
        kind("169.254.0.0/16", "link-local"),
        kind("172.16.0.0/12", "a private network", true),
        kind("192.0.0.0/24", "a network of protocols"),
        kind("192.0.2.0/24", "a network for documentation"),
        kind("192.88.99.0/24", "a relay"),
        kind("192.168.0.0/16", "a private network", true),
        kind("198.18.0.0/15", "a network for benchmarks", true),
        kind("198.51.100.0/24", "a network for documentation"),
        kind("203.0.113.0/24", "a network for documentation"),
        kind("224.0.0.0/4", "multicast"),
        kind("240.0.0.0/4", "reserved"),
        kind("::/128", "this host"),
        kind("::1/128", "loopback", true),
        kind("::/96", "reserved"),
        kind("64:ff9b:1::/48", "a private network"),
        kind("100::/64", "nowhere"),
        kind("2001::/23", "a network of protocols"),
        kind("2001:db8::/32", "a network for documentation"),
        kind("3fff::/20", "a network for documentation"),
        kind("5f00::/16", "a network of protocols"),
        kind("fc00::/7", "a private network", true),
        kind("fe80::/10", "link-local"),
        kind("fec0::/10", "link-local"),
        kind("ff00::/8", "multicast"),
    };
    return all;
}

// An address of version 4 that a translator or a tunnel would go on to.
std::optional<IpAddress> embedded_in(const IpAddress& address) {
    static const auto translated = IpNetwork::parse("64:ff9b::/96").value();
    static const auto stateless = IpNetwork::parse("::ffff:0:0:0/96").value();
    static const auto tunnelled = IpNetwork::parse("2002::/16").value();
    const std::span<const uint8_t, 16> bytes(address.bytes);
    if (translated.contains(address) || stateless.contains(address)) {
        return IpAddress::of_version_4(bytes.subspan<12, 4>());
    }
    if (tunnelled.contains(address)) return IpAddress::of_version_4(bytes.subspan<2, 4>());
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> AddressGuard::refusal(const IpAddress& address) const {
    const bool is_allowed =
        std::any_of(rules_.allowed.begin(), rules_.allowed.end(),
                    [&](const IpNetwork& network) { return network.contains(address); });
    if (is_allowed) return std::nullopt;
    if (const auto embedded = embedded_in(address)) return refusal(*embedded);
    for (const auto& kind : kinds()) {
        if (!kind.network.contains(address)) continue;
        if (kind.is_private && rules_.allows_private) return std::nullopt;
        return kind.name;
    }
    return std::nullopt;
}

}  // namespace signalbox
