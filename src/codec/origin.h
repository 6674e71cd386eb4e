#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/http_message.h"

// What a browser sends for a page that somebody else wrote. Only browsers name an Origin: where
// there is none, no page of another site made the request. No I/O.

namespace signalbox {

// Whether each Origin of the request is that of the server's own host and port, or one of `known`
// ("https://console.example"; "*": all are known).
bool has_good_origin(const HttpRequest& request, const std::vector<std::string>& known);

// Whether the request names the server by an address of loopback, as localhost, by one of `hosts`
// ("console.example", without a port), or not at all. Any other name is one that somebody made
// lead here: pages of that name count as the server's own.
bool has_good_host(const HttpRequest& request, const std::vector<std::string>& hosts);

// The host of "https://host:port"; an IPv6 address in its brackets.
std::string_view host_of_origin(std::string_view origin);

}  // namespace signalbox
