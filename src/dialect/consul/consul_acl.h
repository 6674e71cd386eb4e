#pragma once

#include <string_view>

#include "base/result.h"
#include "core/identity.h"

namespace signalbox::consul {

// What is done to one key, in patterns: "consul.kv.app.db.host.read" for app/db/host.
Result<void> check_key_action(const Identity& identity, std::string_view key,
                              std::string_view verb);

// And to all keys that begin with `prefix`, whichever there are: those of "app" may be appx, those
// of "app/" are below it.
Result<void> check_prefix_action(const Identity& identity, std::string_view prefix,
                                 std::string_view verb);

}  // namespace signalbox::consul
