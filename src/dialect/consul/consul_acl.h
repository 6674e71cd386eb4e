#pragma once

#include <string_view>

#include "core/identity.h"
#include "base/result.h"

namespace signalbox::consul {

// What is done to one key, in patterns: "consul.kv.app.db.host.read" for app/db/host.
Result<void> check_key_action(const Identity& identity, std::string_view key,
                              std::string_view verb);

}  // namespace signalbox::consul
