#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox {

// "a%2Fb" -> "a/b". Nothing when an escape is malformed or the result is not valid UTF-8.
std::optional<std::string> percent_decode(std::string_view text);

// Everything but letters, digits and "-._~" is escaped.
std::string percent_encode(std::string_view text);

// Names and values of a query or a form body, decoded ('+' is a space), in their order.
// Nothing when any of them is malformed.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;
std::optional<QueryParameters> parse_query(std::string_view query);

bool is_valid_utf8(std::string_view text);

}  // namespace signalbox
