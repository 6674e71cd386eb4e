#pragma once

#include <cstddef>

#include "codec/address_guard.h"

namespace signalbox {

// How addresses of checks are asked, by each io thread that does.
struct ProbeOptions {
    size_t max = 256;  // under way at a time
    AddressGuard::Rules addresses;
};

}  // namespace signalbox
