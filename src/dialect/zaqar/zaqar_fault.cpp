#include "dialect/zaqar/zaqar_fault.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_writer.h"
#include "dialect/http_status.h"

namespace signalbox::zaqar {

Fault invalid_request(std::string description) {
    return {400, "Invalid API request", std::move(description)};
}

Fault invalid_body(std::string description) {
    return {400, "Invalid request body", std::move(description)};
}

Fault invalid_parameter(std::string_view name, std::string_view what) {
    return {400, "Invalid parameter",
            fmt::format("The \"{}\" parameter is invalid. {}", name, what)};
}

Fault not_found(std::string description) {
    return {404, "Not found", std::move(description)};
}

Fault conflict(std::string description) {
    return {409, "Resource conflict", std::move(description)};
}

Fault forbidden() {
    return {403, "Not authorized", "You are not authorized to complete this action."};
}

Fault no_such_route() {
    return {404, "404 Not Found", {}};
}

Fault unavailable(std::string description) {
    Fault fault{503, "Service temporarily unavailable",
                std::move(description) + " Please try again in a few seconds."};
    fault.is_passing = true;
    return fault;
}

// What a tenant may have does not change by waiting, unlike how fast it may get it.
bool is_full_quota(const Error& error) {
    return error.code == ErrorCode::overloaded && error.field.starts_with("quota_") &&
           error.field != "quota_messages_per_second";
}

// Only the statuses that Zaqar's own clients know: they take any other for success.
Fault fault_of(const Error& error) {
    const auto text = error.field.empty() ? error.message : error.field + " " + error.message;
    if (is_full_quota(error)) return {403, "Quota exceeded", text + "."};
    switch (error.code) {
        case ErrorCode::invalid_argument:
        case ErrorCode::too_large:
        case ErrorCode::key_reused: return invalid_request(text);
        case ErrorCode::unauthenticated: return {401, "Not authenticated", text};
        case ErrorCode::forbidden: return {403, "Not authorized", text};
        case ErrorCode::not_found: return not_found(text);
        case ErrorCode::conflict:
        case ErrorCode::precondition_failed: return conflict(text);
        case ErrorCode::overloaded:
        case ErrorCode::unavailable: return unavailable(text + ".");
        case ErrorCode::internal: return {500, "Internal server error", text};
    }
    ASSERT(false);
}

HttpResponse render(const Fault& fault) {
    HttpResponse response;
    response.status = fault.status;
    if (fault.is_passing) response.fields.emplace_back("Retry-After", retry_after_seconds);
    if (fault.is_bare) return response;
    response.fields.emplace_back("Vary", "Accept");
    response.content_type = "application/json";
    JsonWriter json(response.body);
    json.begin_object();
    json.member("title", fault.title);
    if (!fault.description.empty()) json.member("description", fault.description);
    json.end_object();
    return response;
}

}  // namespace signalbox::zaqar
