#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "core/identity.h"

namespace signalbox {

// How a server finds out who sends a request.
enum class AuthMode : uint8_t {
    open,      // nobody has to prove anything
    token,     // by tokens that it has given out itself
    jwt,       // by signed claims of somebody else
    keystone,  // by asking a Keystone
};

struct JwtOptions {
    std::string keys;  // a file or a URL with a JSON Web Key Set
    std::vector<std::string> algorithms{"RS256", "ES256", "EdDSA"};
    std::string issuer;    // when not empty, claim iss must be that
    std::string audience;  // when not empty, claim aud must have that
    std::string tenant_claim = "tenant";
    std::string user_claim = "sub";
    std::string roles_claim = "roles";
    std::string acl_claim = "acl";
    Duration leeway = std::chrono::seconds(30);  // between two clocks
    Duration refresh = std::chrono::minutes(5);  // of the keys
};

struct KeystoneOptions {
    std::string url;  // without /v3
    std::string user;
    std::string password;
    std::string project;
    std::string user_domain = "Default";
    std::string project_domain = "Default";
    Duration remembered = std::chrono::minutes(5);  // at most, of a token that is good
    Duration timeout = std::chrono::seconds(5);
};

struct AuthOptions {
    AuthMode mode = AuthMode::open;
    std::string admin_role = std::string(default_admin_role);
    size_t remembered_max = 10'000;  // credentials, by each io thread
    JwtOptions jwt;
    KeystoneOptions keystone;
};

}  // namespace signalbox
