#include "dialect/triton/triton_error.h"

#include "base/assert.h"
#include "codec/json_writer.h"
#include "dialect/http_status.h"

namespace signalbox::triton {

RestError resource_not_found(std::string message) {
    return {404, "ResourceNotFound", std::move(message), {}, false};
}

RestError invalid_argument(std::string message) {
    return {409, "InvalidArgument", std::move(message), {}, false};
}

RestError invalid_parameters(std::vector<RestError::Field> fields) {
    return {409, "InvalidParameters", "Request parameters failed validation", std::move(fields),
            false};
}

RestError rest_error(const Error& error) {
    RestError rest;
    rest.status = http_status(error.code);
    rest.message = error.field.empty() ? error.message : error.field + " " + error.message;
    rest.is_passing = is_passing(error.code);
    switch (error.code) {
        case ErrorCode::invalid_argument: return invalid_parameters({{error.field, error.message}});
        case ErrorCode::not_found: return resource_not_found(error.message);
        case ErrorCode::unauthenticated: rest.code = "NotAuthorized"; break;
        case ErrorCode::forbidden: rest.code = "Forbidden"; break;
        case ErrorCode::conflict: rest.code = "Conflict"; break;
        case ErrorCode::key_reused: rest.code = "UnprocessableEntity"; break;
        case ErrorCode::precondition_failed: rest.code = "PreconditionFailed"; break;
        case ErrorCode::too_large: rest.code = "RequestEntityTooLarge"; break;
        case ErrorCode::overloaded: rest.code = "TooManyRequests"; break;
        case ErrorCode::unavailable: rest.code = "ServiceUnavailable"; break;
        case ErrorCode::internal: rest.code = "InternalError"; break;
    }
    if (!error.field.empty()) rest.fields.push_back({error.field, error.message});
    return rest;
}

HttpResponse render(const RestError& error) {
    HttpResponse response;
    response.status = error.status;
    response.content_type = "application/json";
    if (error.is_passing) response.fields.emplace_back("Retry-After", retry_after_seconds);
    JsonWriter json(response.body);
    json.begin_object();
    json.member("code", error.code);
    json.member("message", error.message);
    if (!error.fields.empty()) {
        json.key("errors");
        json.begin_array();
        for (const auto& field : error.fields) {
            json.begin_object();
            json.member("field", field.field);
            json.member("code", "Invalid");
            json.member("message", field.message);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    return response;
}

HttpResponse route_error(RouteFault fault, const HttpRequest& request, const std::string& allow) {
    switch (fault) {
        case RouteFault::not_found:
            return render(resource_not_found(std::string(request.path) + " does not exist"));
        case RouteFault::bad_path: return render(invalid_argument("the path is not well-formed"));
        case RouteFault::method_not_allowed: {
            std::string method(http_method_name(request.method));
            if (method.empty()) method = "this method";
            auto response =
                render({405, "MethodNotAllowedError", method + " is not allowed", {}, false});
            response.fields.emplace_back("Allow", allow);
            return response;
        }
    }
    ASSERT(false);
}

}  // namespace signalbox::triton
