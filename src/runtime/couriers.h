#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/courier.h"

namespace signalbox {

// Who tells which subscribers, by the scheme of their address. Filled before it is shared, then
// constant; any thread, but for the couriers themselves.
class Couriers {
public:
    // `scheme` in lower case, without the colon.
    void add(std::string scheme, Courier& courier) {
        by_scheme_.emplace(std::move(scheme), courier);
    }

    [[nodiscard]] bool serves(std::string_view scheme) const;
    // Of "https://host/path"; null when nobody serves such addresses.
    [[nodiscard]] Courier* of(std::string_view subscriber) const;
    [[nodiscard]] std::vector<std::string> schemes() const;

private:
    std::map<std::string, Courier&, std::less<>> by_scheme_;
};

// "https" of "HTTPS://host"; empty when there is none.
std::string scheme_of(std::string_view uri);

}  // namespace signalbox
