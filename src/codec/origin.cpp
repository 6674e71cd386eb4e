#include "codec/origin.h"

#include <algorithm>

#include <arpa/inet.h>

namespace signalbox {
namespace {

// "host:port" -> "host"
std::string_view without_port(std::string_view authority) {
    const size_t colon = authority.rfind(':');
    // A colon within the brackets is part of the address.
    if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) {
        return authority;
    }
    return authority.substr(0, colon);
}

// Scheme and port of the server are not known here when TLS ends in front of it, so what counts is
// that the page comes from the same host and port.
bool is_own_origin(std::string_view origin, std::string_view host) {
    const size_t scheme = origin.find("://");
    if (scheme == std::string_view::npos || host.empty()) return false;
    const auto bare = [](std::string_view authority, std::string_view default_port) {
        if (authority.ends_with(default_port)) authority.remove_suffix(default_port.size());
        return authority;
    };
    const auto* const port =
        equals_ignoring_case(origin.substr(0, scheme), "https") ? ":443" : ":80";
    return equals_ignoring_case(bare(origin.substr(scheme + 3), port), bare(host, port));
}

bool is_loopback(std::string_view host) {
    if (equals_ignoring_case(host, "localhost")) return true;
    const std::string text(host);
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) == 1) return text.starts_with("127.");
    return text == "[::1]";
}

}  // namespace

std::string_view host_of_origin(std::string_view origin) {
    const size_t scheme = origin.find("://");
    return without_port(scheme == std::string_view::npos ? origin : origin.substr(scheme + 3));
}

bool has_good_origin(const HttpRequest& request, const std::vector<std::string>& known) {
    const auto host = request.field("host").value_or("");
    return std::all_of(request.fields.begin(), request.fields.end(), [&](const auto& field) {
        if (!equals_ignoring_case(field.name, "origin")) return true;
        return is_own_origin(field.value, host) ||
               std::any_of(known.begin(), known.end(), [&](const auto& each) {
                   return each == "*" || equals_ignoring_case(each, field.value);
               });
    });
}

bool has_good_host(const HttpRequest& request, const std::vector<std::string>& hosts) {
    const auto host = without_port(request.field("host").value_or(""));
    return host.empty() || is_loopback(host) ||
           std::any_of(hosts.begin(), hosts.end(),
                       [&](const auto& each) { return equals_ignoring_case(each, host); });
}

}  // namespace signalbox
