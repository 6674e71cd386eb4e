#include <algorithm>

#include <fmt/format.h>

#include "base/checksum.h"
#include "core/tenants.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/registration_input.h"
#include "dialect/consul/registry_json.h"
#include "dialect/consul/registry_view.h"

// /v1/agent: the server as an agent, what is registered with it, and maintenance.

namespace signalbox::consul {
namespace {

constexpr const char* node_maintenance_check = "_node_maintenance";
constexpr const char* service_maintenance_prefix = "_service_maintenance:";

// Answers with what `render` makes of the present registry.
Result<void> show(const ConsulCall& call,
                  const std::function<Result<HttpResponse>(const RegistryView& view)>& render) {
    TRY_AS(const auto wishes, call.wishes());
    const auto snapshot = call.exchange()->frontend().node().partition_of(call.tenant()).snapshot();
    TRY_AS(const auto tenant, find_tenant(*snapshot, call.tenant()));
    TRY_AS(auto response, render(RegistryView(*snapshot, tenant, call.options())));
    if (wishes.is_pretty && response.content_type == "application/json") {
        response.body = pretty(response.body);
    }
    call.exchange()->respond(std::move(response));
    return {};
}

void write_member(JsonWriter& json, const Options& options) {
    json.begin_object();
    json.member("Name", options.node_name);
    json.member("Addr", options.address);
    json.member("Port", 8301);
    json.key("Tags");
    write_map(json, {{"build", options.version},
                     {"dc", options.datacenter},
                     {"id", options.node_id},
                     {"role", "consul"}});
    json.member("Status", 1);
    json.end_object();
}

Result<void> self(const ConsulCall& call) {
    return show(call, [&](const RegistryView& view) -> Result<HttpResponse> {
        const auto& options = view.options();
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("Config");
        json.begin_object();
        json.member("Datacenter", options.datacenter);
        json.member("NodeName", options.node_name);
        json.member("NodeID", options.node_id);
        json.member("Revision", "");
        json.member("Server", true);
        json.member("Version", options.version);
        json.end_object();
        json.key("DebugConfig");
        json.begin_object();
        json.end_object();
        json.key("Coord");
        json.null();
        json.key("Member");
        write_member(json, options);
        json.key("Stats");
        json.begin_object();
        json.end_object();
        json.key("Meta");
        write_map(json, {{"consul-network-segment", ""}});
        json.end_object();
        return json_answer(std::move(body));
    });
}

Result<void> members(const ConsulCall& call) {
    return show(call, [&](const RegistryView& view) -> Result<HttpResponse> {
        std::string body;
        JsonWriter json(body);
        json.begin_array();
        write_member(json, view.options());
        json.end_array();
        return json_answer(std::move(body));
    });
}

// What is registered with the agent, and not what it says of itself.
bool is_registered(const ServiceRecord& service) {
    return service.id != own_service_id;
}

Result<void> services(const ConsulCall& call) {
    return show(call, [](const RegistryView& view) -> Result<HttpResponse> {
        TRY_AS(const auto all, view.services_of({}));
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        for (const auto& service : all) {
            if (!is_registered(service)) continue;
            json.text_key(service.id);
            write_agent_service(json, service, view.options());
        }
        json.end_object();
        return json_answer(std::move(body));
    });
}

Result<void> checks(const ConsulCall& call) {
    return show(call, [](const RegistryView& view) -> Result<HttpResponse> {
        TRY_AS(const auto all, view.checks_of({}));
        TRY_AS(const auto services, view.services_by_id({}));
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        for (const auto& check : all) {
            if (check.id == own_node_check) continue;
            const auto service = services.find(check.service_id);
            json.text_key(check.id);
            write_check(json, check, service == services.end() ? nullptr : &service->second);
        }
        json.end_object();
        return json_answer(std::move(body));
    });
}

HttpResponse unknown_service(std::string_view id) {
    return text_answer(404, fmt::format("Unknown service ID \"{}\"", id));
}

Result<void> service(const ConsulCall& call) {
    const std::string id = call.path("id");
    return show(call, [id](const RegistryView& view) -> Result<HttpResponse> {
        TRY_AS(const auto all, view.services_of({}));
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& known) {
            return known.id == id && is_registered(known);
        });
        if (found == all.end()) return unknown_service(id);
        std::string plain;
        JsonWriter hashed(plain);
        write_agent_service(hashed, *found, view.options());
        const auto hash = fmt::format("{:016x}", checksum(plain));
        std::string body;
        JsonWriter json(body);
        write_agent_service(json, *found, view.options(), hash);
        auto response = json_answer(std::move(body));
        response.fields.emplace_back("X-Consul-ContentHash", hash);
        return response;
    });
}

template <class Body>
void change(const ConsulCall& call, Body command) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](const auto& done) {
        exchange->respond(done ? empty_answer() : error_answer(done.error()));
    });
}

Result<void> add(const ConsulCall& call) {
    TRY_AS(const auto document, call.json(""));
    TRY_AS(auto command, read_agent_service(document.root()));
    TRY_AS(command.replaces_checks, call.flag("replace-existing-checks"));
    change(call, std::move(command));
    return {};
}

Result<void> remove(const ConsulCall& call) {
    const std::string id = call.path("id");
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), Deregister{{}, id, std::nullopt},
                  [exchange, id](const Result<Deregistered>& done) {
                      if (!done) return exchange->respond(error_answer(done.error()));
                      exchange->respond(done->existed ? empty_answer() : unknown_service(id));
                  });
    return {};
}

Result<bool> enables(const ConsulCall& call) {
    if (!call.has("enable") || call.text("enable")->empty()) {
        return fail(ErrorCode::invalid_argument, "Missing value for enable", "enable");
    }
    return call.flag("enable");
}

CheckInput maintenance_check(std::string id, const char* name, const char* of_what,
                             const ConsulCall& call) {
    CheckInput input;
    input.has_status = true;
    auto& record = input.record;
    record.id = std::move(id);
    record.name = name;
    record.status = CheckStatus::critical;
    record.notes = call.text("reason").value_or("");
    if (record.notes.empty()) {
        record.notes = fmt::format(
            "Maintenance mode is enabled for this {}, but no reason was provided. This is a "
            "default message.",
            of_what);
    }
    return input;
}

Result<void> maintain_service(const ConsulCall& call) {
    TRY_AS(const bool is_on, enables(call));
    const std::string id = call.path("id");
    if (id.empty()) return fail(ErrorCode::invalid_argument, "Missing service ID", "id");
    const std::string check = service_maintenance_prefix + id;
    const ExchangePtr exchange = call.exchange();
    if (!is_on) {
        exchange->ask(call.tenant(), Deregister{{}, std::nullopt, check},
                      [exchange](const Result<Deregistered>& done) {
                          exchange->respond(done ? empty_answer() : error_answer(done.error()));
                      });
        return {};
    }
    Register command;
    command.checks.push_back(maintenance_check(check, "Service Maintenance Mode", "service", call));
    command.checks.front().record.service_id = id;
    exchange->ask(
        call.tenant(), std::move(command), [exchange, id](const Result<Registered>& done) {
            if (done) return exchange->respond(empty_answer());
            const bool is_unknown = done.error().code == ErrorCode::not_found;
            exchange->respond(is_unknown ? unknown_service(id) : error_answer(done.error()));
        });
    return {};
}

Result<void> maintain_node(const ConsulCall& call) {
    TRY_AS(const bool is_on, enables(call));
    if (!is_on) {
        change(call, Deregister{{}, std::nullopt, node_maintenance_check});
        return {};
    }
    Register command;
    command.checks.push_back(
        maintenance_check(node_maintenance_check, "Node Maintenance Mode", "node", call));
    change(call, std::move(command));
    return {};
}

}  // namespace

void add_agent_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/agent/self", self);
    routes.add(HttpMethod::get, "/agent/members", members);
    routes.add(HttpMethod::get, "/agent/services", services);
    routes.add(HttpMethod::get, "/agent/checks", checks);
    routes.add(HttpMethod::put, "/agent/service/register", add);
    for (const auto method : {HttpMethod::put, HttpMethod::get}) {
        routes.add(method, "/agent/service/deregister/*id", remove, Access::change);
    }
    routes.add(HttpMethod::put, "/agent/service/maintenance/*id", maintain_service);
    routes.add(HttpMethod::put, "/agent/maintenance", maintain_node);
    routes.add(HttpMethod::get, "/agent/service/*id", service);
}

}  // namespace signalbox::consul
