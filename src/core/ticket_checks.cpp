#include "core/ticket_checks.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

namespace signalbox {
namespace {

Error too_long(std::string_view field, size_t bytes_max) {
    return {ErrorCode::invalid_argument, fmt::format("must have at most {} bytes", bytes_max),
            std::string(field)};
}

}  // namespace

Result<void> check_name(std::string_view field, std::string_view text, const TicketLimits& limits) {
    if (text.size() > limits.name_bytes_max) return fail(too_long(field, limits.name_bytes_max));
    return {};
}

Result<void> check_create(const CreateTicket& command, const TicketLimits& limits) {
    const auto& fields = command.fields;
    TRY(check_name("scope", command.resource.scope, limits));
    TRY(check_name("id", command.resource.id, limits));
    TRY(check_name("expires_at", fields.expires_text, limits));
    TRY(check_name("action", fields.action.value_or(""), limits));
    TRY(check_name("reqid", fields.reqid.value_or(""), limits));
    TRY(check_name("owner", fields.owner.value_or(""), limits));
    for (const auto& resource : fields.more_resources) {
        TRY(check_name("resources.scope", resource.scope, limits));
        TRY(check_name("resources.id", resource.id, limits));
    }
    if (fields.extra.size() > limits.extra_bytes_max) {
        return fail(too_long("extra", limits.extra_bytes_max));
    }
    if (fields.more_resources.size() + 1 > limits.resources_per_ticket_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}", limits.resources_per_ticket_max),
                    "resources");
    }
    // A line entered twice would wait for itself.
    for (size_t i = 0; i < fields.more_resources.size(); ++i) {
        const auto& resource = fields.more_resources[i];
        const auto before = std::span(fields.more_resources).first(i);
        if (resource == command.resource ||
            std::find(before.begin(), before.end(), resource) != before.end()) {
            return fail(ErrorCode::invalid_argument, "must differ from each other", "resources");
        }
    }
    if (fields.priority > limits.priority_max || fields.priority < -limits.priority_max) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("must be between {} and {}", -limits.priority_max, limits.priority_max),
            "priority");
    }
    if (fields.slots && (*fields.slots == 0 || *fields.slots > limits.slots_max)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be between 1 and {}", limits.slots_max), "slots");
    }
    return {};
}

}  // namespace signalbox
