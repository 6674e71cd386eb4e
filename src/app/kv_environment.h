#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace signalbox {

// Keys below a prefix as variables of an environment: "app/db/host" below "app/" is DB_HOST.
// Whatever cannot be in a variable's name becomes an underscore.
struct EnvironmentRules {
    std::string prefix;       // with a slash at the end, or empty
    bool keeps_case = false;  // else letters become upper case
};

using Environment = std::map<std::string, std::string>;

// Fails when two keys would make the same variable, or one of them none, or a value has a NUL: what
// is not certain is not guessed.
Result<Environment> make_environment(const std::map<std::string, std::string>& values,
                                     const EnvironmentRules& rules);

}  // namespace signalbox
