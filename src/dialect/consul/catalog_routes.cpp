#include <algorithm>
#include <map>
#include <set>

#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/registration_input.h"
#include "dialect/consul/registry_json.h"
#include "dialect/consul/registry_read.h"

// /v1/catalog

namespace signalbox::consul {
namespace {

Result<void> datacenters(const ConsulCall& call) {
    std::string body;
    JsonWriter json(body);
    write_texts(json, {call.options().datacenter});
    call.exchange()->respond(json_answer(std::move(body)));
    return {};
}

Result<void> nodes(const ConsulCall& call) {
    TRY_AS(const auto meta, node_meta_of(call));
    return read_registry(call, {WatchKind::nodes, {}}, "nodes" + key_of(meta),
                         [meta](const RegistryView& view, uint64_t& index) -> Result<std::string> {
                             TRY_AS(index, view.nodes_index());
                             TRY_AS(const auto all, view.nodes());
                             std::string body;
                             JsonWriter json(body);
                             json.begin_array();
                             for (const auto& node : all) {
                                 if (has_meta(node, meta)) write_node(json, node, view.options());
                             }
                             json.end_array();
                             return body;
                         });
}

// Names, each with all tags that an instance of it has.
Result<void> services(const ConsulCall& call) {
    TRY_AS(const auto meta, node_meta_of(call));
    return read_registry(call, {WatchKind::services, {}}, "services" + key_of(meta),
                         [meta](const RegistryView& view, uint64_t& index) -> Result<std::string> {
                             TRY_AS(index, view.services_index());
                             TRY_AS(const auto all, view.services());
                             std::set<std::string> nodes;
                             if (!meta.empty()) {
                                 TRY_AS(const auto known, view.nodes());
                                 for (const auto& node : known) {
                                     if (has_meta(node, meta)) nodes.insert(node.name);
                                 }
                             }
                             std::map<std::string, std::set<std::string>> tags;
                             for (const auto& service : all) {
                                 if (!meta.empty() && !nodes.contains(service.node)) continue;
                                 tags[service.name].insert(service.tags.begin(),
                                                           service.tags.end());
                             }
                             std::string body;
                             JsonWriter json(body);
                             json.begin_object();
                             for (const auto& [name, of_name] : tags) {
                                 json.text_key(name);
                                 write_texts(json, {of_name.begin(), of_name.end()});
                             }
                             json.end_object();
                             return body;
                         });
}

Result<void> service(const ConsulCall& call) {
    const std::string name = call.path("name");
    const auto tags = call.texts("tag");
    TRY_AS(const auto meta, node_meta_of(call));
    return read_registry(
        call, {WatchKind::service, name},
        "catalog " + name + "\n" + key_of(tags) + "\n" + key_of(meta),
        [name, tags, meta](const RegistryView& view, uint64_t& index) -> Result<std::string> {
            TRY_AS(index, view.service_index(name));
            TRY_AS(const auto instances, view.services_named(name));
            std::string body;
            JsonWriter json(body);
            json.begin_array();
            for (const auto& instance : instances) {
                const bool is_own = instance.node == view.options().node_name;
                TRY_AS(const auto node, view.node(is_own ? NodeName() : instance.node));
                if (!has_tags(instance, tags) || !node || !has_meta(*node, meta)) continue;
                write_catalog_service(json, *node, instance, view.options());
            }
            json.end_array();
            return body;
        });
}

Result<void> node(const ConsulCall& call) {
    const NodeName name = call.node_of(call.path("node"));
    return read_registry(call, {WatchKind::node, name}, "node " + name,
                         [name](const RegistryView& view, uint64_t& index) -> Result<std::string> {
                             TRY_AS(index, view.node_index(name));
                             TRY_AS(const auto record, view.node(name));
                             if (!record) return std::string("null");
                             TRY_AS(const auto on_it, view.services_of(name));
                             std::string body;
                             JsonWriter json(body);
                             json.begin_object();
                             json.key("Node");
                             write_node(json, *record, view.options());
                             json.key("Services");
                             json.begin_object();
                             for (const auto& each : on_it) {
                                 json.text_key(each.id);
                                 write_service(json, each);
                             }
                             json.end_object();
                             json.end_object();
                             return body;
                         });
}

Result<void> add(const ConsulCall& call) {
    TRY_AS(const auto document, call.json(""));
    TRY_AS(auto command, read_catalog_registration(call, document.root()));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](const Result<Registered>& done) {
        exchange->respond(done ? bool_answer(true) : error_answer(done.error()));
    });
    return {};
}

Result<void> remove(const ConsulCall& call) {
    TRY_AS(const auto document, call.json(""));
    TRY_AS(auto members, Members::of(document.root()));
    Deregister command;
    TRY_AS(const auto node_name, members.text("Node"));
    TRY_AS(command.service, members.text("ServiceID"));
    TRY_AS(command.check, members.text("CheckID"));
    for (const auto* ignored : {"Address", "Datacenter", "Token", "WriteRequest", "Namespace"}) {
        (void)members.value(ignored);
    }
    TRY(members.only_known());
    if (!node_name || node_name->empty()) {
        return fail(ErrorCode::invalid_argument, "Must provide node", "Node");
    }
    command.node = call.node_of(*node_name);
    // Go's empty text says nothing.
    if (command.service && command.service->empty()) command.service.reset();
    if (command.check && command.check->empty()) command.check.reset();
    // A service, when both are named, as Consul has it.
    if (command.service) command.check.reset();
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](const Result<Deregistered>& done) {
        exchange->respond(done ? bool_answer(true) : error_answer(done.error()));
    });
    return {};
}

}  // namespace

void add_catalog_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/catalog/datacenters", datacenters);
    routes.add(HttpMethod::get, "/catalog/nodes", nodes);
    routes.add(HttpMethod::get, "/catalog/services", services);
    routes.add(HttpMethod::get, "/catalog/service/:name", service);
    routes.add(HttpMethod::get, "/catalog/node/:node", node);
    routes.add(HttpMethod::put, "/catalog/register", add);
    routes.add(HttpMethod::put, "/catalog/deregister", remove);
}

}  // namespace signalbox::consul
