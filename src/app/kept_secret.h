#pragma once

#include <optional>
#include <string>

#include "port/disk.h"

// Secrets that a server makes for itself when the operator gives it none: 32 bytes of the system's
// random numbers in 64 digits, each in a file of the data directory, so that they are the same
// after a restart.

namespace signalbox {

// Makes it when there is none.
Result<std::string> kept_secret(Disk& disk, const std::string& name);
// The one that there is.
Result<std::optional<std::string>> find_kept_secret(Disk& disk, const std::string& name);

}  // namespace signalbox
