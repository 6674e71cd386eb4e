#include "runtime/couriers.h"

#include <algorithm>

namespace signalbox {
namespace {

std::string lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

}  // namespace

std::string scheme_of(std::string_view uri) {
    const size_t colon = uri.find(':');
    return colon == std::string_view::npos ? std::string() : lower(uri.substr(0, colon));
}

bool Couriers::serves(std::string_view scheme) const {
    return by_scheme_.contains(lower(scheme));
}

Courier* Couriers::of(std::string_view subscriber) const {
    const auto found = by_scheme_.find(scheme_of(subscriber));
    return found == by_scheme_.end() ? nullptr : &found->second;
}

std::vector<std::string> Couriers::schemes() const {
    std::vector<std::string> schemes;
    for (const auto& [scheme, courier] : by_scheme_) schemes.push_back(scheme);
    return schemes;
}

}  // namespace signalbox
