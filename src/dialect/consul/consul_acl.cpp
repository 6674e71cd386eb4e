#include "dialect/consul/consul_acl.h"

#include <string>
#include <vector>

#include "dialect/action.h"

namespace signalbox::consul {

Result<void> check_key_action(const Identity& identity, std::string_view key,
                              std::string_view verb) {
    if (identity.acl.empty()) return {};
    std::vector<std::string_view> words{"kv"};
    while (!key.empty()) {
        const size_t slash = key.find('/');
        words.push_back(key.substr(0, slash));
        key.remove_prefix(slash == std::string_view::npos ? key.size() : slash + 1);
    }
    return check_action(identity, action_name(Dialect::consul, words, verb));
}

}  // namespace signalbox::consul
