#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "codec/ip_address.h"

namespace signalbox {

// Decides which addresses the server may call because somebody outside asked for it: tenants name
// the subscribers, and must not reach through the server what they cannot reach themselves. Asked
// with the address that is about to be connected to, never with a name. Constant; any thread.
class AddressGuard {
public:
    struct Rules {
        // Loopback, and the networks that are private to an organisation. Not link-local ones,
        // where clouds answer every machine with its credentials.
        bool allows_private = false;
        std::vector<IpNetwork> allowed;  // whatever else they are
    };
    explicit AddressGuard(Rules rules) : rules_(std::move(rules)) {}

    // What kind of address it is that is not allowed ("a private network"); nothing when it is.
    [[nodiscard]] std::optional<std::string_view> refusal(const IpAddress& address) const;

private:
    const Rules rules_;
};

}  // namespace signalbox
