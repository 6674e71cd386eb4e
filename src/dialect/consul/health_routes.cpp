#include <algorithm>

#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/registry_json.h"
#include "dialect/consul/registry_read.h"

// /v1/health

namespace signalbox::consul {
namespace {

bool has_tags(const ServiceRecord& service, const std::vector<std::string>& tags) {
    return std::all_of(tags.begin(), tags.end(), [&](const std::string& tag) {
        return std::any_of(service.tags.begin(), service.tags.end(), [&](const std::string& own) {
            return equals_ignoring_case(own, tag);
        });
    });
}

// An instance of a service with the checks that say whether it can be used: its own, and its
// node's.
struct Instance {
    NodeRecord node;
    ServiceRecord service;
    std::vector<CheckRecord> checks;
};

struct ServiceWishes {
    std::string name;
    std::vector<std::string> tags;
    TextMap node_meta;
    bool only_passing = false;
};

Result<std::vector<Instance>> find_instances(const RegistryView& view,
                                             const ServiceWishes& wishes) {
    TRY_AS(auto services, view.services_named(wishes.name));
    std::vector<Instance> instances;
    for (auto& service : services) {
        if (!has_tags(service, wishes.tags)) continue;
        const NodeName node_name =
            service.node == view.options().node_name ? NodeName() : service.node;
        TRY_AS(auto node, view.node(node_name));
        if (!node || !has_meta(*node, wishes.node_meta)) continue;
        Instance instance{std::move(*node), std::move(service), {}};
        TRY_AS(auto checks, view.checks_of(node_name));
        bool is_passing = true;
        for (auto& check : checks) {
            if (!check.service_id.empty() && check.service_id != instance.service.id) continue;
            is_passing = is_passing && check.status == CheckStatus::passing;
            instance.checks.push_back(std::move(check));
        }
        if (wishes.only_passing && !is_passing) continue;
        instances.push_back(std::move(instance));
    }
    return instances;
}

void write_instance(JsonWriter& json, const Instance& instance, const Options& options) {
    json.begin_object();
    json.key("Node");
    write_node(json, instance.node, options);
    json.key("Service");
    write_service(json, instance.service);
    json.key("Checks");
    json.begin_array();
    for (const auto& check : instance.checks) {
        write_check(json, check, check.service_id.empty() ? nullptr : &instance.service);
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

// Checks with the services that they belong to, which are found among these.
Result<std::string> checks_json(const RegistryView& view, const std::vector<CheckRecord>& checks) {
    std::string body;
    JsonWriter json(body);
    json.begin_array();
    std::vector<ServiceRecord> services;
    std::string services_of;
    bool is_known = false;
    for (const auto& check : checks) {
        if (!is_known || services_of != check.node) {
            const bool is_own = check.node == view.options().node_name;
            TRY_AS(services, view.services_of(is_own ? NodeName() : check.node));
            services_of = check.node;
            is_known = true;
        }
        const auto found = std::find_if(services.begin(), services.end(), [&](const auto& known) {
            return known.id == check.service_id;
        });
        write_check(json, check,
                    check.service_id.empty() || found == services.end() ? nullptr : &*found);
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
            TRY_AS(auto instances, find_instances(view, wishes));
            std::vector<CheckRecord> all;
            for (auto& instance : instances) {
                for (auto& check : instance.checks) {
                    if (!check.service_id.empty()) all.push_back(std::move(check));
                }
            }
            return checks_json(view, all);
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
                std::erase_if(all, [&](const CheckRecord& check) {
                    return std::none_of(nodes.begin(), nodes.end(), [&](const NodeRecord& node) {
                        return node.name == check.node && has_meta(node, meta);
                    });
                });
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
