#include "core/registry_checks.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "codec/http_message.h"
#include "core/session.h"

namespace signalbox {
namespace {

Result<void> check_text(std::string_view text, size_t bytes_max, const char* field) {
    if (text.size() <= bytes_max) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("must have at most {} bytes", bytes_max),
                field);
}

Result<void> check_map(const TextMap& map, const RegistryLimits& limits, const char* field) {
    if (map.size() > limits.metadata_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("cannot contain more than {} key/value pairs", limits.metadata_max),
                    field);
    }
    for (const auto& [name, value] : map) {
        TRY(check_text(name, limits.name_bytes_max, field));
        TRY(check_text(value, limits.metadata_value_bytes_max, field));
    }
    return {};
}

Result<void> check_span(Duration span, Duration min, Duration max, const char* field) {
    if (span >= min && span <= max) return {};
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("must be between {} and {}", format_duration(min), format_duration(max)),
        field);
}

Result<void> check_address(std::string_view address, const RegistryLimits& limits,
                           const char* field) {
    TRY(check_text(address, limits.name_bytes_max, field));
    // Nobody could be reached there.
    if (address == "0.0.0.0" || address == "::" || address == "[::]") {
        return fail(ErrorCode::invalid_argument, "Invalid service address", field);
    }
    return {};
}

Result<void> check_node(const NodeRecord& node, const RegistryLimits& limits) {
    TRY(check_text(node.id, limits.name_bytes_max, "ID"));
    TRY(check_text(node.address, limits.name_bytes_max, "Address"));
    TRY(check_map(node.meta, limits, "NodeMeta"));
    return check_map(node.tagged_addresses, limits, "TaggedAddresses");
}

Result<void> check_service(const ServiceRecord& service, const RegistryLimits& limits) {
    if (service.name.empty()) {
        return fail(ErrorCode::invalid_argument, "Missing service name", "Name");
    }
    TRY(check_text(service.name, limits.name_bytes_max, "Name"));
    TRY(check_text(service.id, limits.name_bytes_max, "ID"));
    TRY(check_address(service.address, limits, "Address"));
    if (service.tags.size() > limits.tags_max) {
        return fail(ErrorCode::invalid_argument, fmt::format("must be at most {}", limits.tags_max),
                    "Tags");
    }
    for (const auto& tag : service.tags) TRY(check_text(tag, limits.name_bytes_max, "Tags"));
    TRY(check_map(service.meta, limits, "Meta"));
    if (service.tagged_addresses.size() > limits.metadata_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}", limits.metadata_max), "TaggedAddresses");
    }
    for (const auto& [tag, address] : service.tagged_addresses) {
        TRY(check_text(tag, limits.name_bytes_max, "TaggedAddresses"));
        TRY(check_address(address.address, limits, "TaggedAddresses"));
    }
    return {};
}

bool is_port(std::string_view text) {
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port > 0;
}

// One that can be called.
Result<void> check_url(std::string_view url) {
    const auto refuse = [](const char* why) {
        return fail(ErrorCode::invalid_argument, why, "HTTP");
    };
    const bool is_http = url.starts_with("http://") || url.starts_with("https://");
    if (!is_http) return refuse("must be an http or https URL");
    const bool is_clean = std::none_of(url.begin(), url.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    });
    if (!is_clean) return refuse("must not have blanks or control characters");
    url.remove_prefix(url.find("://") + 3);
    auto place = url.substr(0, url.find_first_of("/?#"));
    const size_t user_end = place.rfind('@');
    if (user_end != std::string_view::npos) place.remove_prefix(user_end + 1);
    // The colons of an address of version 6 are in brackets.
    const size_t bracket = place.starts_with('[') ? place.find(']') : 0;
    if (bracket == std::string_view::npos) return refuse("must name a host");
    const size_t colon = place.find(':', bracket);
    if (place.substr(0, colon).size() <= bracket) return refuse("must name a host");
    if (colon != std::string_view::npos && !is_port(place.substr(colon + 1))) {
        return refuse("must have a port between 1 and 65535, or none");
    }
    return {};
}

// What a request is sent with belongs to whoever sends it; but for Host, which says who is asked
// behind an address.
Result<void> check_fields(const CheckDefinition& definition) {
    const auto refuse = [](std::string why) {
        return fail(ErrorCode::invalid_argument, std::move(why), "Header");
    };
    bool has_host = false;
    for (const auto& [name, value] : definition.fields) {
        if (!is_field_name(name)) return refuse("must be named as header fields are");
        if (!is_field_value(value))
            return refuse(fmt::format("must have a line of text as {}", name));
        const bool is_host = equals_ignoring_case(name, "Host");
        if (is_host && has_host) return refuse("must have one Host");
        if (is_transport_field(name) && !is_host)
            return refuse(fmt::format("must not have {}", name));
        has_host = has_host || is_host;
    }
    return {};
}

Result<void> check_definition(const CheckDefinition& definition, const RegistryLimits& limits) {
    size_t bytes = definition.url.size() + definition.method.size() + definition.body.size();
    for (const auto& [name, value] : definition.fields) bytes += name.size() + value.size();
    if (bytes > limits.definition_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", limits.definition_bytes_max),
                    "Definition");
    }
    if (definition.reap_after != Duration::zero()) {
        TRY(check_span(definition.reap_after, Duration(1), limits.span_max,
                       "DeregisterCriticalServiceAfter"));
    }
    switch (definition.kind) {
        case CheckDefinition::Kind::external: return {};
        case CheckDefinition::Kind::ttl:
            return check_span(definition.ttl, limits.ttl_min, limits.span_max, "TTL");
        case CheckDefinition::Kind::http:
            TRY(check_url(definition.url));
            TRY(check_fields(definition));
            TRY(check_span(definition.interval, limits.interval_min, limits.span_max, "Interval"));
            return check_span(definition.timeout, Duration(1), limits.span_max, "Timeout");
    }
    return {};
}

Result<void> check_check(const CheckRecord& check, const RegistryLimits& limits) {
    if (check.id.empty()) {
        return fail(ErrorCode::invalid_argument, "Missing check name", "Name");
    }
    TRY(check_text(check.id, limits.name_bytes_max, "CheckID"));
    TRY(check_text(check.name, limits.name_bytes_max, "Name"));
    TRY(check_text(check.service_id, limits.name_bytes_max, "ServiceID"));
    TRY(check_text(check.notes, limits.notes_bytes_max, "Notes"));
    return check_definition(check.definition, limits);
}

// What the server itself says of its own node is not for others to say.
Result<void> check_own_node(const Register& command) {
    if (command.service && command.service->id == own_service_id) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} is the service that this server is", own_service_id), "ID");
    }
    for (const auto& check : command.checks) {
        if (check.record.id != own_node_check) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} is what this server says of itself", own_node_check),
                    "CheckID");
    }
    return {};
}

}  // namespace

Result<void> check_registration(const Register& command, const RegistryLimits& limits) {
    TRY(check_text(command.node, limits.name_bytes_max, "Node"));
    if (command.node_record) TRY(check_node(*command.node_record, limits));
    if (command.service) TRY(check_service(*command.service, limits));
    if (command.checks.size() > limits.checks_per_service_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}", limits.checks_per_service_max), "Checks");
    }
    for (const auto& check : command.checks) TRY(check_check(check.record, limits));
    return command.node.empty() ? check_own_node(command) : Result<void>();
}

}  // namespace signalbox
