#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/http_message.h"
#include "dialect/router.h"

namespace signalbox::triton {

// An error as restify writes it: {"code", "message"} and, for parameters, "errors".
struct RestError {
    uint16_t status = 500;
    std::string code;
    std::string message;
    struct Field {
        std::string field;
        std::string message;
    };
    std::vector<Field> fields;
    bool is_passing = false;  // with Retry-After
};

RestError resource_not_found(std::string message);
RestError invalid_argument(std::string message);
RestError invalid_parameters(std::vector<RestError::Field> fields);

// What the core refused, in CNAPI's words where it has some.
RestError rest_error(const Error& error);

HttpResponse render(const RestError& error);
HttpResponse route_error(RouteFault fault, const HttpRequest& request, const std::string& allow);

}  // namespace signalbox::triton
