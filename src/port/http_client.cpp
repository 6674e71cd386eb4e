#include "port/http_client.h"

#include <algorithm>

namespace signalbox {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::string_view> IncomingResponse::field(std::string_view name) const {
    for (const auto& [known, value] : fields) {
        const bool is_it = std::equal(known.begin(), known.end(), name.begin(), name.end(),
                                      [](char a, char b) { return lower(a) == lower(b); });
        if (is_it) return value;
    }
    return std::nullopt;
}

}  // namespace signalbox
