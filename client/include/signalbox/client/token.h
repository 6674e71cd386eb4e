#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signalbox/client/options.h"

namespace signalbox::client {

// A credential that the server gives out. Only an admin may ask for one.
struct TokenRequest {
    std::string tenant;
    std::string user = {};
    std::vector<std::string> roles = {};
    std::vector<std::string> acl = {};                  // patterns of what it may do
    std::optional<Duration> expires_in = std::nullopt;  // never
    std::string user_uuid = {};  // of the user; empty: one that follows from the name
};

struct Token {
    std::string id;
    // The secret: in the answer to its creation, and nowhere else.
    std::string token;
    std::string tenant;
    std::string user;
    std::vector<std::string> roles;
    std::vector<std::string> acl;
    Instant created_at;
    std::string created_by;
    std::optional<Instant> expires_at;
    std::string json;  // all of it as the server said it
};

// Who the server takes the asker for.
struct Identity {
    std::string tenant;
    std::string user;
    std::vector<std::string> roles;
    std::vector<std::string> acl;
    bool admin = false;
    std::optional<Instant> expires_at;
    std::string json;
};

}  // namespace signalbox::client
