#pragma once

#include <string>

#include "port/disk.h"

namespace signalbox {

// The key that signs Zaqar's shared URLs when the operator names none: made once from the system's
// random numbers, and kept in the data directory, so that what was shared is good after a restart.
Result<std::string> kept_zaqar_secret(Disk& disk);

}  // namespace signalbox
