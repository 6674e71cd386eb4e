#pragma once

#include "base/result.h"
#include "codec/http_message.h"
#include "dialect/router.h"

namespace signalbox::native {

// An error as RFC 9457 problem details: type, title, status, detail, and the field at fault.
HttpResponse problem(const Error& error);

// 410: what was asked for is not kept any more; `oldest` is where something is kept from, as a
// cursor.
HttpResponse gone_problem(const std::string& oldest);

HttpResponse route_problem(RouteFault fault, const HttpRequest& request, const std::string& allow);

HttpResponse json_response(uint16_t status, std::string body);

}  // namespace signalbox::native
