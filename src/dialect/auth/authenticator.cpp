#include "dialect/auth/authenticator.h"

#include "base/assert.h"

namespace signalbox {

OpenAuthenticator::OpenAuthenticator(std::string admin_role)
    : admin_role_(std::move(admin_role)), nobody_(believe({})) {}

IdentityPtr OpenAuthenticator::believe(const Credential& credential) const {
    auto identity = std::make_shared<Identity>();
    identity->tenant = credential.tenant.empty() ? default_tenant : credential.tenant;
    identity->user = credential.user;
    identity->user_uuid = user_uuid_of(identity->tenant, identity->user);
    identity->roles = split_roles(credential.roles);
    identity->is_admin = identity->has_role(admin_role_);
    identity->may_administer = identity->is_admin || identity->roles.empty();
    return identity;
}

std::optional<Authenticator::Answer> OpenAuthenticator::identify(const Credential& credential,
                                                                 Now /*now*/) {
    if (credential.tenant.empty() && credential.user.empty() && credential.roles.empty()) {
        return nobody_;
    }
    const auto tenant = credential.tenant.empty() ? default_tenant : credential.tenant;
    const bool is_last = last_ && last_->tenant == tenant && last_->user == credential.user &&
                         last_roles_ == credential.roles;
    if (!is_last) {
        last_ = believe(credential);
        last_roles_ = credential.roles;
    }
    return last_;
}

void OpenAuthenticator::identify_later(const Credential& /*credential*/, Then /*then*/) {
    ASSERT(false);
}

Result<IdentityPtr> speak_for(IdentityPtr identity, std::string_view named_tenant) {
    if (named_tenant.empty() || named_tenant == identity->tenant) return identity;
    if (!identity->is_admin) {
        return fail(ErrorCode::forbidden, "is not one that this credential speaks for", "tenant");
    }
    auto other = std::make_shared<Identity>(*identity);
    other->tenant = named_tenant;
    return IdentityPtr(std::move(other));
}

}  // namespace signalbox
