#include "port/http_client.h"

#include <algorithm>

namespace signalbox {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

void IncomingResponse::take_head_line(std::string_view line) {
    if (line.starts_with("HTTP/")) fields.clear();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    fields.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
}

std::optional<std::string_view> IncomingResponse::field(std::string_view name) const {
    for (const auto& [known, value] : fields) {
        const bool is_it = std::equal(known.begin(), known.end(), name.begin(), name.end(),
                                      [](char a, char b) { return lower(a) == lower(b); });
        if (is_it) return value;
    }
    return std::nullopt;
}

}  // namespace signalbox
