#include "dialect/consul/registration_input.h"

#include <fmt/format.h>

namespace signalbox::consul {
namespace {

constexpr int64_t port_max = 65'535;
constexpr int64_t weight_max = 65'535;
constexpr Duration timeout_default = std::chrono::seconds(10);
constexpr const char* no_scripts =
    "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or "
    "'enable_local_script_checks' to true";

Error not_supported(std::string_view what) {
    return {ErrorCode::invalid_argument, fmt::format("{} is not supported by this server", what),
            std::string(what)};
}

// Members that only other products, or parts that are not here, give a meaning to: absent or empty.
Result<void> refuse_others(Members& members, std::initializer_list<const char*> names) {
    for (const auto* name : names) {
        const auto value = members.value(name);
        if (!value) continue;
        const auto text = value->json();
        const bool says_nothing =
            text == "\"\"" || text == "{}" || text == "[]" || text == "0" || text == "false";
        if (!says_nothing) return fail(not_supported(name));
    }
    return {};
}

Result<TextMap> read_map(Members& members, const char* name) {
    TRY_AS(const auto object, members.object(name));
    TextMap map;
    if (!object) return map;
    for (const auto& [key, value] : object->members()) {
        const auto text = value.text();
        if (!text) {
            return fail(ErrorCode::invalid_argument, "must be an object of strings", name);
        }
        map.insert_or_assign(std::string(key), std::string(*text));
    }
    return map;
}

Result<void> read_weights(Members& members, ServiceRecord& service) {
    TRY_AS(const auto object, members.object("Weights"));
    if (!object) return {};
    TRY_AS(auto weights, Members::of(*object));
    TRY_AS(const auto passing, weights.integer("Passing", 0, weight_max));
    TRY_AS(const auto warning, weights.integer("Warning", 0, weight_max));
    TRY(weights.only_known());
    // Go's zero is no weight.
    service.weight_passing = static_cast<uint32_t>(passing.value_or(0) > 0 ? *passing : 1);
    service.weight_warning = static_cast<uint32_t>(warning.value_or(1));
    return {};
}

Result<void> read_tagged_addresses(Members& members, ServiceRecord& service) {
    TRY_AS(const auto object, members.object("TaggedAddresses"));
    if (!object) return {};
    for (const auto& [tag, value] : object->members()) {
        TRY_AS(auto inner, Members::of(value));
        ServiceAddress address;
        TRY_AS(const auto host, inner.text("Address"));
        TRY_AS(const auto port, inner.integer("Port", 0, port_max));
        TRY(inner.only_known());
        address.address = host.value_or("");
        address.port = static_cast<uint32_t>(port.value_or(0));
        service.tagged_addresses.insert_or_assign(std::string(tag), std::move(address));
    }
    return {};
}

// What both forms of a service have; `name` is how its name is called.
Result<ServiceRecord> read_service(Members& members, const char* name) {
    ServiceRecord service;
    TRY_AS(const auto service_name, members.text(name));
    TRY_AS(const auto id, members.text("ID"));
    if (!service_name || service_name->empty()) {
        return fail(ErrorCode::invalid_argument, "Missing service name", name);
    }
    service.name = *service_name;
    service.id = id && !id->empty() ? *id : service.name;
    TRY_AS(service.tags, members.texts("Tags"));
    TRY_AS(const auto address, members.text("Address"));
    service.address = address.value_or("");
    TRY_AS(const auto port, members.integer("Port", 0, port_max));
    service.port = static_cast<uint32_t>(port.value_or(0));
    TRY_AS(service.meta, read_map(members, "Meta"));
    TRY(read_weights(members, service));
    TRY_AS(const auto overrides, members.boolean("EnableTagOverride"));
    service.enable_tag_override = overrides.value_or(false);
    TRY(read_tagged_addresses(members, service));
    TRY(refuse_others(members, {"Kind", "Proxy", "Connect", "SocketPath", "Locality"}));
    // Whose request it is says the request.
    for (const auto* ignored : {"Token", "Namespace", "Partition", "Datacenter", "CreateIndex",
                                "ModifyIndex", "PeerName", "Ports"}) {
        (void)members.value(ignored);
    }
    return service;
}

Result<void> read_fields(Members& members, CheckDefinition& definition) {
    TRY_AS(const auto object, members.object("Header"));
    if (!object) return {};
    for (const auto& [name, value] : object->members()) {
        const auto elements = value.elements();
        if (value.kind() != JsonKind::array) {
            return fail(ErrorCode::invalid_argument, "must be an object of arrays of strings",
                        "Header");
        }
        for (const auto& element : elements) {
            const auto text = element.text();
            const std::string line = std::string(name) + std::string(text.value_or(""));
            if (!text || line.find_first_of("\r\n") != std::string::npos || name.empty()) {
                return fail(ErrorCode::invalid_argument, "must be names and lines of text",
                            "Header");
            }
            definition.fields.emplace_back(name, *text);
        }
    }
    return {};
}

Result<void> read_http(Members& members, CheckDefinition& definition) {
    TRY_AS(const auto url, members.text("HTTP"));
    TRY_AS(const auto method, members.text("Method"));
    TRY_AS(const auto body, members.text("Body"));
    TRY_AS(const auto skips, members.boolean("TLSSkipVerify"));
    TRY(read_fields(members, definition));
    if (!url || url->empty()) return {};
    definition.kind = CheckDefinition::Kind::http;
    definition.url = *url;
    definition.method = method.value_or("");
    for (const char c : definition.method) {
        if (c >= 'A' && c <= 'Z') continue;
        return fail(ErrorCode::invalid_argument, "must be a method such as GET", "Method");
    }
    definition.body = body.value_or("");
    definition.tls_skip_verify = skips.value_or(false);
    return {};
}

// How a check is carried out; of kind `external` when nothing is said of that.
Result<CheckDefinition> read_definition(Members& members) {
    CheckDefinition definition;
    for (const auto* script : {"Script", "ScriptArgs", "Args", "Shell", "DockerContainerID"}) {
        const auto value = members.value(script);
        const bool is_said = value && value->json() != "\"\"" && value->json() != "[]";
        if (is_said) return fail(ErrorCode::invalid_argument, no_scripts, script);
    }
    TRY(refuse_others(members,
                      {"TCP", "UDP", "GRPC", "GRPCUseTLS", "H2PING", "H2PINGUseTLS", "AliasNode",
                       "AliasService", "OSService", "TCPUseTLS", "DisableRedirects",
                       "SuccessBeforePassing", "FailuresBeforeWarning", "FailuresBeforeCritical"}));
    (void)members.value("OutputMaxSize");
    (void)members.value("TLSServerName");
    TRY(read_http(members, definition));
    TRY_AS(const auto ttl, members.duration("TTL"));
    TRY_AS(const auto interval, members.duration("Interval"));
    TRY_AS(const auto timeout, members.duration("Timeout"));
    TRY_AS(const auto reap_after, members.duration("DeregisterCriticalServiceAfter"));
    definition.reap_after = reap_after.value_or(Duration::zero());
    const bool is_http = definition.kind == CheckDefinition::Kind::http;
    const bool has_interval = interval && *interval > Duration::zero();
    const bool has_ttl = ttl && *ttl > Duration::zero();
    if (has_interval && has_ttl) {
        return fail(ErrorCode::invalid_argument,
                    "Invalid check: Interval and TTL cannot both be specified", "TTL");
    }
    if (is_http && !has_interval) {
        return fail(ErrorCode::invalid_argument,
                    "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks",
                    "Interval");
    }
    if (!is_http && has_interval) {
        return fail(ErrorCode::invalid_argument,
                    "Invalid check: Interval is for checks that are carried out", "Interval");
    }
    if (is_http) {
        definition.interval = std::max(*interval, Duration(std::chrono::seconds(1)));
        const bool has_timeout = timeout && *timeout > Duration::zero();
        definition.timeout = has_timeout ? *timeout : timeout_default;
    } else if (has_ttl) {
        definition.kind = CheckDefinition::Kind::ttl;
        definition.ttl = *ttl;
    }
    return definition;
}

// What all forms of a check have.
Result<CheckInput> read_check(Members& members) {
    CheckInput input;
    auto& record = input.record;
    TRY_AS(const auto id, members.text("CheckID"));
    TRY_AS(const auto name, members.text("Name"));
    TRY_AS(const auto status, members.text("Status"));
    TRY_AS(const auto notes, members.text("Notes"));
    record.id = id.value_or("");
    record.name = name.value_or("");
    record.notes = notes.value_or("");
    if (status && !status->empty()) {
        TRY_AS(record.status, parse_status(*status));
        input.has_status = true;
    }
    for (const auto* ignored :
         {"Token", "Namespace", "Partition", "ServiceName", "ServiceTags", "Type", "CreateIndex",
          "ModifyIndex", "Datacenter", "PeerName", "ExposedPort"}) {
        (void)members.value(ignored);
    }
    return input;
}

// A check within a service's registration; nothing when it is empty.
Result<std::optional<CheckInput>> read_service_check(const JsonValue& value) {
    if (value.is_null()) return std::optional<CheckInput>();
    TRY_AS(auto members, Members::of(value));
    TRY_AS(auto input, read_check(members));
    if (input.record.id.empty()) {
        TRY_AS(const auto id, members.text("ID"));
        input.record.id = id.value_or("");
    } else {
        (void)members.value("ID");
    }
    TRY_AS(input.record.definition, read_definition(members));
    TRY(members.only_known());
    if (input.record.definition.kind != CheckDefinition::Kind::external)
        return std::optional(input);
    if (value.members().empty()) return std::optional<CheckInput>();
    const bool says_nothing = input.record.id.empty() && input.record.name.empty() &&
                              input.record.notes.empty() && !input.has_status;
    if (says_nothing) return std::optional<CheckInput>();
    return fail(ErrorCode::invalid_argument, "Invalid check: TTL or HTTP must be given", "Check");
}

}  // namespace

Result<CheckStatus> parse_status(std::string_view text) {
    if (text == "passing") return CheckStatus::passing;
    if (text == "warning") return CheckStatus::warning;
    if (text == "critical") return CheckStatus::critical;
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid check status: '{}'", text),
                "Status");
}

Result<Register> read_agent_service(const JsonValue& body) {
    TRY_AS(auto members, Members::of(body));
    Register command;
    TRY_AS(auto service, read_service(members, "Name"));
    std::vector<CheckInput> checks;
    if (const auto value = members.value("Check")) {
        TRY_AS(const auto check, read_service_check(*value));
        if (check) checks.push_back(*check);
    }
    TRY_AS(const auto elements, members.array("Checks"));
    for (const auto& element : elements) {
        TRY_AS(const auto check, read_service_check(element));
        if (check) checks.push_back(*check);
    }
    TRY(members.only_known());
    for (size_t i = 0; i < checks.size(); ++i) {
        auto& record = checks[i].record;
        record.service_id = service.id;
        if (record.id.empty()) {
            record.id = "service:" + service.id;
            if (checks.size() > 1) record.id += fmt::format(":{}", i + 1);
        }
        if (record.name.empty()) record.name = fmt::format("Service '{}' check", service.name);
        // What is known of one that was there already is worth more than how it should begin.
        checks[i].keeps_status = true;
    }
    command.service = std::move(service);
    command.checks = std::move(checks);
    return command;
}

Result<Register> read_agent_check(const JsonValue& body) {
    TRY_AS(auto members, Members::of(body));
    TRY_AS(auto input, read_check(members));
    auto& record = input.record;
    TRY_AS(const auto id, members.text("ID"));
    TRY_AS(const auto service, members.text("ServiceID"));
    TRY_AS(record.definition, read_definition(members));
    TRY(members.only_known());
    if (record.name.empty()) {
        return fail(ErrorCode::invalid_argument, "Missing check name", "Name");
    }
    if (id && !id->empty()) record.id = *id;
    if (record.id.empty()) record.id = record.name;
    record.service_id = service.value_or("");
    if (record.definition.kind == CheckDefinition::Kind::external) {
        return fail(ErrorCode::invalid_argument, "Invalid check: TTL or HTTP must be given", "TTL");
    }
    Register command;
    command.checks.push_back(std::move(input));
    return command;
}

namespace {

Result<CheckInput> read_catalog_check(const JsonValue& value) {
    TRY_AS(auto members, Members::of(value));
    TRY_AS(auto input, read_check(members));
    auto& record = input.record;
    TRY_AS(const auto service, members.text("ServiceID"));
    TRY_AS(const auto output, members.text("Output"));
    // Where it is is told beside it; how it is carried out is for whoever does that.
    for (const auto* ignored : {"Node", "Definition"}) (void)members.value(ignored);
    TRY(members.only_known());
    if (record.id.empty()) record.id = record.name;
    record.service_id = service.value_or("");
    record.output = output.value_or("");
    // It is told as it is; that nothing is told is a status, too.
    input.has_status = true;
    return input;
}

}  // namespace

Result<Register> read_catalog_registration(const ConsulCall& call, const JsonValue& body) {
    TRY_AS(auto members, Members::of(body));
    Register command;
    TRY_AS(const auto node, members.text("Node"));
    TRY_AS(const auto address, members.text("Address"));
    TRY_AS(const auto skips_node, members.boolean("SkipNodeUpdate"));
    TRY_AS(const auto id, members.text("ID"));
    TRY_AS(auto tagged, read_map(members, "TaggedAddresses"));
    TRY_AS(auto meta, read_map(members, "NodeMeta"));
    const bool keeps_node = skips_node.value_or(false);
    if (!node || node->empty() || ((!address || address->empty()) && !keeps_node)) {
        return fail(ErrorCode::invalid_argument, "Must provide node and address", "Node");
    }
    command.node = call.node_of(*node);
    // What the server says of its own node stands: an agent puts it back at once.
    if (!keeps_node && !command.node.empty()) {
        NodeRecord record;
        record.id = id.value_or("");
        record.address = *address;
        record.tagged_addresses = std::move(tagged);
        record.meta = std::move(meta);
        command.node_record = std::move(record);
    }
    if (const auto value = members.value("Service")) {
        TRY_AS(auto inner, Members::of(*value));
        TRY_AS(command.service, read_service(inner, "Service"));
        TRY(inner.only_known());
    }
    if (const auto value = members.value("Check")) {
        TRY_AS(auto check, read_catalog_check(*value));
        command.checks.push_back(std::move(check));
    }
    TRY_AS(const auto elements, members.array("Checks"));
    for (const auto& element : elements) {
        TRY_AS(auto check, read_catalog_check(element));
        command.checks.push_back(std::move(check));
    }
    for (const auto* ignored : {"Datacenter", "Token", "WriteRequest", "Namespace", "Partition"}) {
        (void)members.value(ignored);
    }
    TRY(members.only_known());
    return command;
}

}  // namespace signalbox::consul
