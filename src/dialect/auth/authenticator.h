#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/identity.h"
#include "dialect/auth/credential.h"

namespace signalbox {

// Finds out who sends a request. Each io thread has its own, with its own memory of whom it has
// seen; only that thread.
//
// The error is `unauthenticated` when the credential is missing or not good, and `unavailable`
// when that cannot be found out now: what is not known is never let in.
class Authenticator {
public:
    using Answer = Result<IdentityPtr>;
    using Then = std::function<void(Answer)>;

    virtual ~Authenticator() = default;

    // The answer, when it is known at once; nothing when identify_later() has to find out. The
    // tenant that the credential names beside its token is not looked at, see speak_for().
    virtual std::optional<Answer> identify(const Credential& credential, Now now) = 0;
    // Calls `then` once, on this thread, perhaps at once.
    virtual void identify_later(const Credential& credential, Then then) = 0;
    // Whether what was found out once is true still; for what goes on for long.
    virtual bool still_holds(const Identity& identity, Now now) = 0;
    // What the field WWW-Authenticate says to whoever was not let in.
    [[nodiscard]] virtual std::string challenge() const = 0;
};

// Nobody has to prove anything: what the fields say is believed.
class OpenAuthenticator : public Authenticator {
public:
    explicit OpenAuthenticator(std::string admin_role = std::string(default_admin_role));

    std::optional<Answer> identify(const Credential& credential, Now now) override;
    void identify_later(const Credential& credential, Then then) override;
    bool still_holds(const Identity& /*identity*/, Now /*now*/) override { return true; }
    [[nodiscard]] std::string challenge() const override { return {}; }

private:
    [[nodiscard]] IdentityPtr believe(const Credential& credential) const;

    const std::string admin_role_;
    IdentityPtr nobody_;  // who says nothing
    // Most connections say the same again and again.
    IdentityPtr last_;
    std::string last_roles_;
};

// For which tenant somebody speaks who has proved who they are: for their own, and with the
// admin's role for any that they name. Another one is `forbidden`; it must not be taken for their
// own in silence.
Result<IdentityPtr> speak_for(IdentityPtr identity, std::string_view named_tenant);

}  // namespace signalbox
