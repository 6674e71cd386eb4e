#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/registry_json.h"
#include "dialect/consul/registry_read.h"

// /v1/health

namespace signalbox::consul {
namespace {

// What all instances on a node have of it.
struct NodeFacts {
    NodeRecord node;
    std::map<std::string, std::vector<CheckRecord>> checks;  // by service, those of the node by ""

    [[nodiscard]] const std::vector<CheckRecord>& checks_of(const std::string& service) const {
        static const std::vector<CheckRecord> none;
        const auto found = checks.find(service);
        return found == checks.end() ? none : found->second;
    }
};

// An instance of a service. The checks that say whether it can be used are its own, and its
// node's.
struct Instance {
    std::shared_ptr<const NodeFacts> on;
    ServiceRecord service;

    [[nodiscard]] bool is_passing() const {
        const auto passes = [](const CheckRecord& check) {
            return check.status == CheckStatus::passing;
        };
        const auto& of_node = on->checks_of({});
        const auto& own = on->checks_of(service.id);
        return std::all_of(of_node.begin(), of_node.end(), passes) &&
               std::all_of(own.begin(), own.end(), passes);
    }
};

struct ServiceWishes {
    std::string name;
    std::vector<std::string> tags;
    TextMap node_meta;
    bool only_passing = false;
};

// Null when there is no such node.
Result<std::shared_ptr<const NodeFacts>> find_node(const RegistryView& view,
                                                   const NodeName& shown) {
    const NodeName name = shown == view.options().node_name ? NodeName() : shown;
    TRY_AS(auto node, view.node(name));
    if (!node) return std::shared_ptr<const NodeFacts>();
    const auto facts = std::make_shared<NodeFacts>();
    facts->node = std::move(*node);
    TRY_AS(auto checks, view.checks_of(name));
    for (auto& check : checks) {
        auto& of_service = facts->checks[check.service_id];
        of_service.push_back(std::move(check));
    }
    return std::shared_ptr<const NodeFacts>(facts);
}

Result<std::vector<Instance>> find_instances(const RegistryView& view,
                                             const ServiceWishes& wishes) {
    TRY_AS(auto services, view.services_named(wishes.name));
    std::vector<Instance> instances;
    // Services are in the order of nodes, so each node is read once.
    std::optional<NodeName> node_name;
    std::shared_ptr<const NodeFacts> node;
    for (auto& service : services) {
        if (!has_tags(service, wishes.tags)) continue;
        if (node_name != service.node) {
            TRY_AS(node, find_node(view, service.node));
            node_name = service.node;
        }
        if (!node || !has_meta(node->node, wishes.node_meta)) continue;
        Instance instance{node, std::move(service)};
        if (wishes.only_passing && !instance.is_passing()) continue;
        instances.push_back(std::move(instance));
    }
    return instances;
}

void write_instance(JsonWriter& json, const Instance& instance, const Options& options) {
    json.begin_object();
    json.key("Node");
    write_node(json, instance.on->node, options);
    json.key("Service");
    write_service(json, instance.service);
    json.key("Checks");
    json.begin_array();
    // Of both, in the order of their ids.
    const auto& of_node = instance.on->checks_of({});
    const auto& own = instance.on->checks_of(instance.service.id);
    for (auto at = of_node.begin(), own_at = own.begin();
         at != of_node.end() || own_at != own.end();) {
        const bool is_own = at == of_node.end() || (own_at != own.end() && own_at->id < at->id);
        if (is_own) {
            write_check(json, *own_at++, &instance.service);
        } else {
            write_check(json, *at++, nullptr);
        }
    }
    json.end_array();
    json.end_object();
}

Result<void> service(const ConsulCall& call) {
    ServiceWishes wishes;
    wishes.name = call.path("name");
    wishes.tags = call.texts("tag");
    TRY_AS(wishes.node_meta, node_meta_of(call));
    TRY_AS(wishes.only_passing, call.flag("passing"));
    const std::string key = "health " + wishes.name + (wishes.only_passing ? "\npassing" : "\n") +
                            key_of(wishes.tags) + "\n" + key_of(wishes.node_meta);
    return read_registry(
        call, {WatchKind::service, wishes.name}, key,
        [wishes](const RegistryView& view, uint64_t& index) -> Result<std::string> {
            TRY_AS(index, view.service_index(wishes.name));
            TRY_AS(const auto instances, find_instances(view, wishes));
            std::string body;
            JsonWriter json(body);
            json.begin_array();
            for (const auto& instance : instances) write_instance(json, instance, view.options());
            json.end_array();
            return body;
        });
}

// Checks with the services that they belong to. They are in the order of nodes.
Result<std::string> checks_json(const RegistryView& view, const std::vector<CheckRecord>& checks) {
    std::string body;
    JsonWriter json(body);
    json.begin_array();
    std::map<std::string, ServiceRecord> services;
    std::optional<NodeName> services_of;
    for (const auto& check : checks) {
        if (services_of != check.node) {
            const bool is_own = check.node == view.options().node_name;
            TRY_AS(services, view.services_by_id(is_own ? NodeName() : check.node));
            services_of = check.node;
        }
        const auto found = services.find(check.service_id);
        write_check(json, check, found == services.end() ? nullptr : &found->second);
    }
    json.end_array();
    return body;
}

Result<void> node(const ConsulCall& call) {
    const NodeName name = call.node_of(call.path("node"));
    return read_registry(call, {WatchKind::node, name}, "health node " + name,
                         [name](const RegistryView& view, uint64_t& index) -> Result<std::string> {
                             TRY_AS(index, view.node_index(name));
                             TRY_AS(const auto checks, view.checks_of(name));
                             return checks_json(view, checks);
                         });
}

Result<void> checks(const ConsulCall& call) {
    ServiceWishes wishes;
    wishes.name = call.path("name");
    TRY_AS(wishes.node_meta, node_meta_of(call));
    return read_registry(
        call, {WatchKind::service, wishes.name},
        "checks " + wishes.name + "\n" + key_of(wishes.node_meta),
        [wishes](const RegistryView& view, uint64_t& index) -> Result<std::string> {
            TRY_AS(index, view.service_index(wishes.name));
            TRY_AS(const auto instances, find_instances(view, wishes));
            std::string body;
            JsonWriter json(body);
            json.begin_array();
            for (const auto& instance : instances) {
                for (const auto& check : instance.on->checks_of(instance.service.id)) {
                    write_check(json, check, &instance.service);
                }
            }
            json.end_array();
            return body;
        });
}

Result<void> state(const ConsulCall& call) {
    const std::string wanted = call.path("state");
    const bool is_known =
        wanted == "any" || wanted == "passing" || wanted == "warning" || wanted == "critical";
    if (!is_known) {
        return fail(ErrorCode::invalid_argument,
                    "Invalid state: must be any, passing, warning or critical", "state");
    }
    TRY_AS(const auto meta, node_meta_of(call));
    return read_registry(
        call, {WatchKind::checks, {}}, "state " + wanted + "\n" + key_of(meta),
        [wanted, meta](const RegistryView& view, uint64_t& index) -> Result<std::string> {
            TRY_AS(index, view.checks_index());
            TRY_AS(auto all, view.checks());
            if (wanted != "any") {
                std::erase_if(all, [&](const CheckRecord& check) {
                    return status_name(check.status) != wanted;
                });
            }
            if (!meta.empty()) {
                TRY_AS(const auto nodes, view.nodes());
                std::set<NodeName> wished;
                for (const auto& node : nodes) {
                    if (has_meta(node, meta)) wished.insert(node.name);
                }
                std::erase_if(
                    all, [&](const CheckRecord& check) { return !wished.contains(check.node); });
            }
            return checks_json(view, all);
        });
}

}  // namespace

void add_health_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/health/service/:name", service);
    routes.add(HttpMethod::get, "/health/node/:node", node);
    routes.add(HttpMethod::get, "/health/checks/:name", checks);
    routes.add(HttpMethod::get, "/health/state/:state", state);
}

}  // namespace signalbox::consul
