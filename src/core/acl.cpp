#include "core/acl.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr char taken_away = '!';

bool is_pattern_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-:/*#").find(c) != std::string_view::npos;
}

}  // namespace

// reached[i]: the pattern so far matches the first i characters of the action.
bool acl_matches(std::string_view pattern, std::string_view action) {
    std::vector<char> reached(action.size() + 1, 0);
    reached[0] = 1;
    for (const char wanted : pattern) {
        if (wanted == '*' || wanted == '#') {
            for (size_t i = 0; i < action.size(); ++i) {
                const bool passes = wanted == '#' || action[i] != '.';
                if (reached[i] && passes) reached[i + 1] = 1;
            }
            continue;
        }
        for (size_t i = action.size(); i > 0; --i) {
            reached[i] = static_cast<char>(reached[i - 1] && action[i - 1] == wanted);
        }
        reached[0] = 0;
    }
    return reached[action.size()] != 0;
}

bool acl_allows(const std::vector<std::string>& patterns, std::string_view action) {
    bool given = false;
    for (const std::string_view pattern : patterns) {
        if (!pattern.starts_with(taken_away)) {
            given = given || acl_matches(pattern, action);
        } else if (acl_matches(pattern.substr(1), action)) {
            return false;
        }
    }
    return given;
}

bool acl_allows_all(const std::vector<std::string>& patterns, std::string_view beginning,
                    std::string_view end) {
    const auto gives_all = [&](std::string_view pattern) {
        const size_t any = pattern.rfind('#');
        if (any == std::string_view::npos || !end.ends_with(pattern.substr(any + 1))) return false;
        for (size_t size = 0; size <= beginning.size(); ++size) {
            if (acl_matches(pattern.substr(0, any), beginning.substr(0, size))) return true;
        }
        return false;
    };
    bool given = false;
    for (const std::string_view pattern : patterns) {
        if (pattern.starts_with(taken_away)) return false;
        given = given || gives_all(pattern);
    }
    return given;
}

Result<void> check_acl_pattern(std::string_view pattern, size_t bytes_max) {
    if (pattern.size() > bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", bytes_max), "acl");
    }
    const auto rest = pattern.starts_with(taken_away) ? pattern.substr(1) : pattern;
    if (rest.empty() || !std::all_of(rest.begin(), rest.end(), is_pattern_char)) {
        return fail(ErrorCode::invalid_argument,
                    "must be of letters, digits and . _ - : / * #, with or without a ! in front",
                    "acl");
    }
    return {};
}

}  // namespace signalbox
