#include "dialect/native/problem.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_writer.h"
#include "dialect/http_status.h"

namespace signalbox::native {
namespace {

// For people; the type is for programs.
std::string_view title_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return "Invalid request";
        case ErrorCode::unauthenticated: return "Authentication needed";
        case ErrorCode::forbidden: return "Not allowed";
        case ErrorCode::not_found: return "Not found";
        case ErrorCode::conflict: return "Conflict";
        case ErrorCode::key_reused: return "Idempotency key used before";
        case ErrorCode::precondition_failed: return "Precondition failed";
        case ErrorCode::too_large: return "Too large";
        case ErrorCode::overloaded: return "Limit reached";
        case ErrorCode::unavailable: return "Not available now";
        case ErrorCode::internal: return "Internal error";
    }
    ASSERT(false);
}

HttpResponse render(uint16_t status, std::string_view type, std::string_view title,
                    std::string_view detail, std::string_view field) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/problem+json";
    JsonWriter json(response.body);
    json.begin_object();
    json.member("type", fmt::format("urn:signalbox:problem:{}", type));
    json.member("title", title);
    json.member("status", status);
    json.member("detail", detail);
    if (!field.empty()) json.member("field", field);
    json.end_object();
    response.body += '\n';
    return response;
}

}  // namespace

HttpResponse problem(const Error& error) {
    const std::string detail =
        error.field.empty() ? error.message : error.field + " " + error.message;
    auto response = render(http_status(error.code), error_code_name(error.code),
                           title_of(error.code), detail, error.field);
    if (is_passing(error.code)) response.fields.emplace_back("Retry-After", retry_after_seconds);
    return response;
}

HttpResponse gone_problem(const std::string& oldest) {
    auto response = render(410, "resync", "Not kept any more",
                           "the changes since that cursor are not kept any more: begin anew", {});
    response.body.resize(response.body.size() - 2);
    response.body += R"(,"oldest":)";
    append_json_string(response.body, oldest);
    response.body += "}\n";
    return response;
}

HttpResponse route_problem(RouteFault fault, const HttpRequest& request, const std::string& allow) {
    switch (fault) {
        case RouteFault::not_found:
            return problem({ErrorCode::not_found, "there is nothing at this path", {}});
        case RouteFault::bad_path:
            return problem({ErrorCode::invalid_argument, "is not well-formed", "path"});
        case RouteFault::method_not_allowed: {
            if (request.method == HttpMethod::options) {
                HttpResponse response;
                response.status = 204;
                response.fields.emplace_back("Allow", allow + ", OPTIONS");
                return response;
            }
            auto response = render(405, "method_not_allowed", "Method not allowed",
                                   "this path answers to " + allow, {});
            response.fields.emplace_back("Allow", allow);
            return response;
        }
    }
    ASSERT(false);
}

HttpResponse json_response(uint16_t status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    response.body += '\n';
    return response;
}

}  // namespace signalbox::native
