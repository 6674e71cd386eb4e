#pragma once

#include <string>

#include "dialect/router.h"

namespace signalbox {

// Whose data a request is about. Not to be read from the request: the router has found out, and
// made sure of it.
inline const std::string& tenant_of(const Call& call) {
    return call.exchange->identity().tenant;
}

}  // namespace signalbox
