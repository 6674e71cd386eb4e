#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/http_message.h"

namespace signalbox {

// What a request says of who sends it, as it says it: nothing of it is believed yet. Views into
// the request.
struct Credential {
    std::string_view token;   // Authorization: Bearer, or X-Auth-Token
    std::string_view tenant;  // Signalbox-Tenant, or X-Project-ID
    std::string_view user;    // X-User-ID
    std::string_view roles;   // X-Roles, with commas
    // What `token` points into when it is not the request.
    std::shared_ptr<const std::string> kept = {};
};

// Fails with invalid_argument when one of those fields is there twice, or two of them do not
// agree: whoever stands between could read the other one.
Result<Credential> read_credential(const HttpRequest& request);

// "a, b,,c" -> {"a", "b", "c"}
std::vector<std::string> split_roles(std::string_view roles);

}  // namespace signalbox
