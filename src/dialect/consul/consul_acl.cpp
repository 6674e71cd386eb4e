#include "dialect/consul/consul_acl.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/acl.h"
#include "dialect/action.h"

namespace signalbox::consul {
namespace {

// With an empty one at the end when the key ends in a slash.
std::vector<std::string_view> words_of(std::string_view key) {
    std::vector<std::string_view> words{"kv"};
    for (;;) {
        const size_t slash = key.find('/');
        words.push_back(key.substr(0, slash));
        if (slash == std::string_view::npos) return words;
        key.remove_prefix(slash + 1);
    }
}

}  // namespace

Result<void> check_key_action(const Identity& identity, std::string_view key,
                              std::string_view verb) {
    if (identity.acl.empty()) return {};
    auto words = words_of(key);
    if (words.back().empty()) words.pop_back();
    return check_action(identity, action_name(Dialect::consul, words, verb));
}

Result<void> check_prefix_action(const Identity& identity, std::string_view prefix,
                                 std::string_view verb) {
    if (identity.acl.empty()) return {};
    const std::string end = "." + std::string(verb);
    auto beginning = action_name(Dialect::consul, words_of(prefix), verb);
    beginning.resize(beginning.size() - end.size());
    if (acl_allows_all(identity.acl, beginning, end)) return {};
    return fail(ErrorCode::forbidden, fmt::format("does not give all of {}#{}", beginning, end),
                "acl");
}

}  // namespace signalbox::consul
