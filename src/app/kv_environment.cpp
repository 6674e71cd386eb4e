#include "app/kv_environment.h"

#include <fmt/format.h>

namespace signalbox {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string variable_of(std::string_view path, bool keeps_case) {
    std::string name;
    for (const char c : path) {
        if (c >= 'a' && c <= 'z') {
            name += keeps_case ? c : static_cast<char>(c - 'a' + 'A');
        } else if ((c >= 'A' && c <= 'Z') || is_digit(c)) {
            name += c;
        } else {
            name += '_';
        }
    }
    if (!name.empty() && is_digit(name.front())) name.insert(0, "_");
    return name;
}

}  // namespace

Result<Environment> make_environment(const std::map<std::string, std::string>& values,
                                     const EnvironmentRules& rules) {
    Environment environment;
    std::map<std::string, std::string> keys;  // by variable
    for (const auto& [key, value] : values) {
        const auto path = std::string_view(key).substr(rules.prefix.size());
        // A folder is a key of its own, and no variable.
        if (path.empty() || path.ends_with('/')) continue;
        const auto name = variable_of(path, rules.keeps_case);
        const auto [known, is_new] = keys.emplace(name, key);
        if (!is_new) {
            return fail(ErrorCode::conflict, fmt::format("{} and {} would both be the variable {}",
                                                         known->second, key, name));
        }
        if (value.find('\0') != std::string::npos) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("the value of {} has a zero byte", key));
        }
        environment.emplace(name, value);
    }
    return environment;
}

}  // namespace signalbox
