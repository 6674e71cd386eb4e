#pragma once

#include <string>

#include "base/result.h"

// Files that options name.

namespace signalbox {

// An error of the option, about that file.
Error option_file_error(const std::string& option, const std::string& path, const std::string& why);
Result<std::string> read_option_file(const std::string& option, const std::string& path);
// The same, and a warning when others may read it too.
Result<std::string> read_secret_file(const std::string& option, const std::string& path);

}  // namespace signalbox
