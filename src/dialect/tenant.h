#pragma once

#include <string>

#include "codec/http_message.h"

namespace signalbox {

// Whose data a request is about: the header Signalbox-Tenant, or "default".
std::string tenant_of(const HttpRequest& request);

}  // namespace signalbox
