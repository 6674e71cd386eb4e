#pragma once

#include <string>

#include "dialect/auth/authenticator.h"
#include "dialect/auth/identity_cache.h"
#include "runtime/partition.h"

namespace signalbox {

// Believes the tokens that this server has given out (core/tokens), and one that its operator
// has. A token that is revoked is good for nothing from the moment on in which the revocation is
// answered: what is remembered here is as old as the epoch of the partition's tokens, at most.
class TokenAuthenticator : public Authenticator {
public:
    struct Options {
        std::string admin_role = std::string(default_admin_role);
        std::string root_token_hash;  // 32 bytes; empty: there is none
        size_t remembered_max = 10'000;
    };
    // `tokens`: the partition that has them.
    TokenAuthenticator(Options options, const Partition& tokens);

    std::optional<Answer> identify(const Credential& credential, Now now) override;
    void identify_later(const Credential& credential, Then then) override;
    bool still_holds(const Identity& identity, Now now) override;
    [[nodiscard]] std::string challenge() const override;

private:
    Answer identify_hash(const std::string& hash, Instant now);
    [[nodiscard]] IdentityPtr identity_of(TokenRecord record) const;

    const Options options_;
    const Partition& tokens_;
    IdentityPtr root_;
    IdentityCache cache_;
    uint64_t epoch_ = 0;  // of what is in it
};

}  // namespace signalbox
