#include "dialect/auth/token_authenticator.h"

#include "base/assert.h"
#include "codec/digest.h"
#include "codec/hmac.h"
#include "core/tokens.h"

namespace signalbox {

TokenAuthenticator::TokenAuthenticator(Options options, const Partition& tokens)
    : options_(std::move(options)),
      tokens_(tokens),
      cache_(options_.remembered_max),
      epoch_(tokens.tokens_epoch()) {
    if (options_.root_token_hash.empty()) return;
    auto root = std::make_shared<Identity>();
    root->tenant = default_tenant;
    root->user = "root";
    root->roles = {options_.admin_role};
    root->proof = options_.root_token_hash;
    root->is_admin = true;
    root->may_administer = true;
    root_ = std::move(root);
}

std::optional<Authenticator::Answer> TokenAuthenticator::identify(const Credential& credential,
                                                                  Now now) {
    if (credential.token.empty())
        return Answer(fail(ErrorCode::unauthenticated, "a token is needed"));
    return identify_hash(sha256(credential.token), now.wall);
}

void TokenAuthenticator::identify_later(const Credential& /*credential*/, Then /*then*/) {
    ASSERT(false);
}

bool TokenAuthenticator::still_holds(const Identity& identity, Now now) {
    const auto answer = identify_hash(identity.proof, now.wall);
    // What cannot be found out now was true before.
    return answer || answer.error().code == ErrorCode::unavailable;
}

std::string TokenAuthenticator::challenge() const {
    return "Bearer realm=\"signalbox\"";
}

Authenticator::Answer TokenAuthenticator::identify_hash(const std::string& hash, Instant now) {
    if (root_ && is_same_secret(hash, root_->proof)) return root_;
    // Read before the snapshot is taken, which is then at least as new.
    if (const uint64_t epoch = tokens_.tokens_epoch(); epoch != epoch_) {
        cache_.clear();
        epoch_ = epoch;
    }
    if (const auto known = cache_.find(hash, now)) return *known;
    const auto record = find_token(*tokens_.snapshot(), hash);
    if (!record) {
        return fail(ErrorCode::unavailable,
                    "tokens cannot be checked now: " + record.error().message);
    }
    if (!*record) return fail(ErrorCode::unauthenticated, "the token is not known");
    if ((*record)->expires_at <= now) {
        return fail(ErrorCode::unauthenticated, "the token has expired");
    }
    auto identity = identity_of(**record);
    cache_.put(hash, identity, identity->expires_at);
    return identity;
}

IdentityPtr TokenAuthenticator::identity_of(TokenRecord record) const {
    auto identity = std::make_shared<Identity>();
    identity->tenant = std::move(record.tenant);
    identity->user = std::move(record.user);
    identity->user_uuid =
        record.user_uuid ? record.user_uuid : user_uuid_of(identity->tenant, identity->user);
    identity->session = record.id.text();
    identity->roles = std::move(record.roles);
    identity->acl = std::move(record.acl);
    identity->expires_at = record.expires_at;
    identity->proof = std::move(record.hash);
    identity->is_admin = identity->has_role(options_.admin_role);
    identity->may_administer = identity->is_admin;
    return identity;
}

}  // namespace signalbox
