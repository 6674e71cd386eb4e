#include "dialect/auth/credential.h"

namespace signalbox {
namespace {

constexpr std::string_view bearer = "bearer ";

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One field of a request that must not be there twice, not even with the same value.
struct Claim {
    std::string_view name;  // in the writing that errors show
    std::string_view value;
    bool is_there = false;
};

Error twice(std::string_view name) {
    return {ErrorCode::invalid_argument, "is given twice", std::string(name)};
}

Error differs(const Claim& from, const Claim& other) {
    return {ErrorCode::invalid_argument, "says something else than " + std::string(other.name),
            std::string(from.name)};
}

// Of two fields that mean the same, the one that is there.
Result<std::string_view> agree(const Claim& one, const Claim& other) {
    if (!one.value.empty() && !other.value.empty() && one.value != other.value) {
        return fail(differs(one, other));
    }
    return one.value.empty() ? other.value : one.value;
}

}  // namespace

Result<Credential> read_credential(const HttpRequest& request) {
    Claim authorization{"Authorization", {}};
    Claim auth_token{"X-Auth-Token", {}};
    Claim tenant{"Signalbox-Tenant", {}};
    Claim project{"X-Project-ID", {}};
    Claim user{"X-User-ID", {}};
    Claim roles{"X-Roles", {}};
    Claim* const claims[] = {&authorization, &auth_token, &tenant, &project, &user, &roles};
    for (const auto& field : request.fields) {
        for (Claim* claim : claims) {
            if (!equals_ignoring_case(field.name, claim->name)) continue;
            if (claim->is_there) return fail(twice(claim->name));
            claim->is_there = true;
            claim->value = trim(field.value);
        }
    }
    // Another scheme is no credential of ours.
    if (equals_ignoring_case(authorization.value.substr(0, bearer.size()), bearer)) {
        authorization.value = trim(authorization.value.substr(bearer.size()));
    } else {
        authorization.value = {};
    }
    Credential credential;
    TRY_AS(credential.token, agree(auth_token, authorization));
    TRY_AS(credential.tenant, agree(project, tenant));
    credential.user = user.value;
    credential.roles = roles.value;
    return credential;
}

std::vector<std::string> split_roles(std::string_view roles) {
    std::vector<std::string> split;
    while (!roles.empty()) {
        const size_t comma = roles.find(',');
        const auto role = trim(roles.substr(0, comma));
        if (!role.empty()) split.emplace_back(role);
        roles.remove_prefix(comma == std::string_view::npos ? roles.size() : comma + 1);
    }
    return split;
}

}  // namespace signalbox
