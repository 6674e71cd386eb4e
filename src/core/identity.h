#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace signalbox {

// Who sends a request and for whom, as far as the server has made sure of it. Made once for each
// request, before its handler runs, and constant from then on; handlers believe nothing else.
struct Identity {
    std::string tenant;             // whose data the request is about
    std::string user;               // empty: nobody in particular
    std::optional<Uuid> user_uuid;  // of that user, where users have UUIDs
    std::string session;            // of the credential; empty: it has none
    std::vector<std::string> roles;
    std::vector<std::string> acl;  // patterns, see core/acl.h
    Instant expires_at = never;    // of what proved it
    std::string proof;             // stands for the credential; empty: nothing was asked for
    bool is_admin = false;         // has the role that may name any tenant
    // May ask for what concerns the whole server. Beside those with the role, whoever names no
    // role at all where nobody has to prove anything.
    bool may_administer = false;

    [[nodiscard]] bool has_role(std::string_view role) const {
        return std::find(roles.begin(), roles.end(), role) != roles.end();
    }
    // Who is a reader and nothing else may look and not touch. Beside other roles it says
    // nothing: Keystone gives it to every member.
    [[nodiscard]] bool may_change() const { return roles.size() != 1 || roles.front() != "reader"; }

    bool operator==(const Identity&) const = default;
};

// The UUID of a user whom nobody has given one: a name that is a UUID is that one, as are the 32
// digits of Keystone; any other gets its own, always the same. Nothing for nobody.
std::optional<Uuid> user_uuid_of(std::string_view tenant, std::string_view user);

using IdentityPtr = std::shared_ptr<const Identity>;

inline constexpr std::string_view default_tenant = "default";
inline constexpr std::string_view default_admin_role = "admin";

}  // namespace signalbox
