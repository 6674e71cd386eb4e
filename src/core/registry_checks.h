#pragma once

#include "base/limits.h"
#include "core/registry_commands.h"

namespace signalbox {

// What a registration must be like in itself. `invalid_argument` names the member at fault.
Result<void> check_registration(const Register& command, const RegistryLimits& limits);

}  // namespace signalbox
