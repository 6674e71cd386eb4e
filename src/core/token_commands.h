#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

// What can be asked of tokens, and what is answered. They belong to no tenant: commands about
// them go to the tenant without a name, and so to one partition.

namespace signalbox {

inline constexpr std::string_view tenant_of_tokens{};

// A credential that this server has given out. The token itself is known to its holder only; here
// is its SHA-256, and whom it stands for.
struct TokenRecord {
    Uuid id;           // to speak of it
    std::string hash;  // 32 bytes
    std::string tenant;
    std::string user;
    std::vector<std::string> roles;
    std::vector<std::string> acl;
    Instant created_at;
    std::string created_by;
    Instant expires_at = never;
    // The user where users have UUIDs; nothing: it follows from the name (core/identity.h).
    std::optional<Uuid> user_uuid;

    bool operator==(const TokenRecord&) const = default;
};

struct CreateToken {
    using Answer = TokenRecord;

    std::string hash;
    std::string tenant;
    std::string user;
    std::vector<std::string> roles;
    std::vector<std::string> acl;
    std::optional<Duration> expires_in;
    std::optional<Uuid> user_uuid;
};

struct TokenRevoked {
    Uuid id;
};

// From its answer on the token is good for nothing, on any thread.
struct RevokeToken {
    using Answer = TokenRevoked;

    Uuid id;
};

}  // namespace signalbox
