#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry_commands.h"
#include "storage/store.h"

// Rows of nodes, services and checks (docs/formats.md), and how they are read. Any thread, with a
// snapshot. Nothing when a row is damaged.

namespace signalbox {

std::string node_key(TenantId tenant, std::string_view node);
std::string encode_node(const NodeRecord& node);
std::optional<NodeRecord> decode_node(std::string_view key, std::string_view value);

std::string service_key(TenantId tenant, std::string_view node, std::string_view id);
std::string encode_service(const ServiceRecord& service);
std::optional<ServiceRecord> decode_service(std::string_view key, std::string_view value);

struct ServicePlace {
    std::string name;
    NodeName node;
    std::string id;
};
std::string service_by_name_key(TenantId tenant, const ServiceRecord& service);
std::optional<ServicePlace> decode_service_by_name(std::string_view key);

std::string check_key(TenantId tenant, std::string_view node, std::string_view id);
std::string encode_check(const CheckRecord& check);
std::optional<CheckRecord> decode_check(std::string_view key, std::string_view value);

// The tenant in any of those keys.
TenantId tenant_of_registry_key(std::string_view key);

// All of these are in the order of nodes and ids.
Result<std::optional<NodeRecord>> read_node(const RowReader& rows, TenantId tenant,
                                            std::string_view node);
Result<std::vector<NodeRecord>> read_nodes(const RowReader& rows, TenantId tenant);
Result<std::optional<ServiceRecord>> read_service(const RowReader& rows, TenantId tenant,
                                                  std::string_view node, std::string_view id);
Result<std::vector<ServiceRecord>> read_services(const RowReader& rows, TenantId tenant);
Result<std::vector<ServiceRecord>> read_services_of(const RowReader& rows, TenantId tenant,
                                                    std::string_view node);
Result<std::vector<ServiceRecord>> read_services_named(const RowReader& rows, TenantId tenant,
                                                       std::string_view name);
Result<std::vector<CheckRecord>> read_checks(const RowReader& rows, TenantId tenant);
Result<std::vector<CheckRecord>> read_checks_of(const RowReader& rows, TenantId tenant,
                                                std::string_view node);

}  // namespace signalbox
