#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry_rows.h"
#include "dialect/consul/consul_options.h"

namespace signalbox::consul {

// The registry as clients see it: the rows of one snapshot, and the server itself, which is a node
// with a passing check and a service "consul" without any row. Nodes carry the names that clients
// know. Everything is in the order of those names, then of ids.
class RegistryView {
public:
    RegistryView(const RowReader& rows, TenantId tenant, const Options& options)
        : rows_(rows), tenant_(tenant), options_(options) {}

    [[nodiscard]] Result<std::vector<NodeRecord>> nodes() const;
    // Nothing when there is none; `node` as NodeName, see there.
    [[nodiscard]] Result<std::optional<NodeRecord>> node(const NodeName& node) const;
    [[nodiscard]] Result<std::vector<ServiceRecord>> services() const;
    [[nodiscard]] Result<std::vector<ServiceRecord>> services_of(const NodeName& node) const;
    [[nodiscard]] Result<std::map<std::string, ServiceRecord>> services_by_id(
        const NodeName& node) const;
    [[nodiscard]] Result<std::vector<ServiceRecord>> services_named(std::string_view name) const;
    [[nodiscard]] Result<std::vector<CheckRecord>> checks() const;
    [[nodiscard]] Result<std::vector<CheckRecord>> checks_of(const NodeName& node) const;

    // What they are watched by. At least 1.
    [[nodiscard]] Result<uint64_t> nodes_index() const;
    [[nodiscard]] Result<uint64_t> node_index(const NodeName& node) const;
    [[nodiscard]] Result<uint64_t> services_index() const;
    [[nodiscard]] Result<uint64_t> service_index(std::string_view name) const;
    [[nodiscard]] Result<uint64_t> checks_index() const;

    [[nodiscard]] const Options& options() const { return options_; }

private:
    [[nodiscard]] NodeRecord own_node() const;
    [[nodiscard]] ServiceRecord own_service() const;
    [[nodiscard]] CheckRecord own_check() const;
    void show(std::string& node) const;

    const RowReader& rows_;
    const TenantId tenant_;
    const Options& options_;
};

// The name that NodeName stands for.
std::string shown_node(const NodeName& node, const Options& options);

}  // namespace signalbox::consul
