#include "dialect/consul/registry_view.h"

#include <algorithm>
#include <tuple>

#include "core/index_rows.h"
#include "core/session.h"

namespace signalbox::consul {
namespace {

template <class Record>
void sort_by_place(std::vector<Record>& records) {
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
        return std::tie(a.node, a.id) < std::tie(b.node, b.id);
    });
}

// What was registered under the name of something that the server says of itself, before that was
// refused.
void leave_out_own(std::vector<ServiceRecord>& services) {
    std::erase_if(services, [](const ServiceRecord& service) {
        return service.node.empty() && service.id == own_service_id;
    });
}

void leave_out_own(std::vector<CheckRecord>& checks) {
    std::erase_if(checks, [](const CheckRecord& check) {
        return check.node.empty() && check.id == own_node_check;
    });
}

}  // namespace

std::string shown_node(const NodeName& node, const Options& options) {
    return node.empty() ? options.node_name : node;
}

void RegistryView::show(std::string& node) const {
    if (node.empty()) node = options_.node_name;
}

NodeRecord RegistryView::own_node() const {
    NodeRecord node;
    node.id = options_.node_id;
    node.address = options_.address;
    node.tagged_addresses = {{"lan", options_.address}, {"wan", options_.address}};
    node.meta = {{"consul-network-segment", ""}};
    node.create_index = 1;
    node.modify_index = 1;
    return node;
}

ServiceRecord RegistryView::own_service() const {
    ServiceRecord service;
    service.id = own_service_id;
    service.name = own_service_id;
    service.create_index = 1;
    service.modify_index = 1;
    return service;
}

CheckRecord RegistryView::own_check() const {
    CheckRecord check;
    check.id = own_node_check;
    check.name = "Serf Health Status";
    check.status = CheckStatus::passing;
    check.output = "Agent alive and reachable";
    check.create_index = 1;
    check.modify_index = 1;
    return check;
}

Result<std::vector<NodeRecord>> RegistryView::nodes() const {
    TRY_AS(auto nodes, read_nodes(rows_, tenant_));
    std::erase_if(nodes, [](const NodeRecord& node) { return node.name.empty(); });
    nodes.push_back(own_node());
    for (auto& node : nodes) show(node.name);
    std::sort(nodes.begin(), nodes.end(),
              [](const NodeRecord& a, const NodeRecord& b) { return a.name < b.name; });
    return nodes;
}

Result<std::optional<NodeRecord>> RegistryView::node(const NodeName& name) const {
    if (name.empty()) {
        auto own = own_node();
        show(own.name);
        return std::optional(std::move(own));
    }
    TRY_AS(auto node, read_node(rows_, tenant_, name));
    return node;
}

Result<std::vector<ServiceRecord>> RegistryView::services() const {
    TRY_AS(auto services, read_services(rows_, tenant_));
    leave_out_own(services);
    services.push_back(own_service());
    for (auto& service : services) show(service.node);
    sort_by_place(services);
    return services;
}

Result<std::vector<ServiceRecord>> RegistryView::services_of(const NodeName& node) const {
    TRY_AS(auto services, read_services_of(rows_, tenant_, node));
    leave_out_own(services);
    if (node.empty()) services.push_back(own_service());
    for (auto& service : services) show(service.node);
    sort_by_place(services);
    return services;
}

Result<std::map<std::string, ServiceRecord>> RegistryView::services_by_id(
    const NodeName& node) const {
    TRY_AS(auto services, services_of(node));
    std::map<std::string, ServiceRecord> by_id;
    for (auto& service : services) {
        std::string id = service.id;
        by_id.emplace(std::move(id), std::move(service));
    }
    return by_id;
}

Result<std::vector<ServiceRecord>> RegistryView::services_named(std::string_view name) const {
    TRY_AS(auto services, read_services_named(rows_, tenant_, name));
    leave_out_own(services);
    if (name == own_service_id) services.push_back(own_service());
    for (auto& service : services) show(service.node);
    sort_by_place(services);
    return services;
}

Result<std::vector<CheckRecord>> RegistryView::checks() const {
    TRY_AS(auto checks, read_checks(rows_, tenant_));
    leave_out_own(checks);
    checks.push_back(own_check());
    for (auto& check : checks) show(check.node);
    sort_by_place(checks);
    return checks;
}

Result<std::vector<CheckRecord>> RegistryView::checks_of(const NodeName& node) const {
    TRY_AS(auto checks, read_checks_of(rows_, tenant_, node));
    leave_out_own(checks);
    if (node.empty()) checks.push_back(own_check());
    for (auto& check : checks) show(check.node);
    sort_by_place(checks);
    return checks;
}

Result<uint64_t> RegistryView::nodes_index() const {
    return read_index(rows_, tenant_, IndexScope::nodes);
}

Result<uint64_t> RegistryView::services_index() const {
    return read_index(rows_, tenant_, IndexScope::services);
}

Result<uint64_t> RegistryView::checks_index() const {
    return read_index(rows_, tenant_, IndexScope::checks);
}

Result<uint64_t> RegistryView::node_index(const NodeName& node) const {
    TRY_AS(const auto index, read_index(rows_, tenant_, IndexScope::node, node));
    return index > 0 ? Result<uint64_t>(index) : read_index(rows_, tenant_, IndexScope::node_floor);
}

Result<uint64_t> RegistryView::service_index(std::string_view name) const {
    TRY_AS(const auto index, read_index(rows_, tenant_, IndexScope::service, name));
    return index > 0 ? Result<uint64_t>(index)
                     : read_index(rows_, tenant_, IndexScope::service_floor);
}

}  // namespace signalbox::consul
