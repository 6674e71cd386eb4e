#include "dialect/action.h"

#include "base/assert.h"
#include "core/acl.h"

namespace signalbox {
namespace {

// Looking takes the product of its length and the patterns'.
constexpr size_t action_bytes_max = 1024;

std::string_view prefix_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::common: return "common";
        case Dialect::native: return {};
        case Dialect::triton: return "triton";
        case Dialect::zaqar: return "zaqar";
        case Dialect::wazo: return "wazo";
        case Dialect::consul: return "consul";
    }
    ASSERT(false);
}

}  // namespace

std::string action_name(Dialect dialect, const std::vector<std::string_view>& words,
                        std::string_view verb) {
    std::string name(prefix_of(dialect));
    for (const auto word : words) {
        if (!name.empty()) name += '.';
        for (const char c : word) name += c == '.' ? '/' : c == '/' ? '%' : c;
    }
    if (!name.empty()) name += '.';
    return name.append(verb);
}

std::string_view action_verb(HttpMethod method, bool changes) {
    switch (method) {
        case HttpMethod::get:
        case HttpMethod::head:
        case HttpMethod::options: return changes ? "update" : "read";
        case HttpMethod::post: return "create";
        case HttpMethod::put:
        case HttpMethod::patch:
        case HttpMethod::other: return "update";
        case HttpMethod::erase: return "delete";
    }
    ASSERT(false);
}

Result<void> check_action(const Identity& identity, const std::string& action) {
    if (identity.acl.empty()) return {};
    if (action.size() > action_bytes_max) {
        return fail(ErrorCode::forbidden, "gives no action with so long a name", "acl");
    }
    if (acl_allows(identity.acl, action)) return {};
    return fail(ErrorCode::forbidden, "does not give " + action, "acl");
}

}  // namespace signalbox
