#pragma once

#include "codec/json_writer.h"
#include "core/registry_commands.h"
#include "dialect/consul/consul_options.h"

// Nodes, services and checks as Consul shows them. Nodes carry the names that clients know.

namespace signalbox::consul {

const char* status_name(CheckStatus status);

void write_map(JsonWriter& json, const TextMap& map);
void write_texts(JsonWriter& json, const std::vector<std::string>& texts);
void write_node(JsonWriter& json, const NodeRecord& node, const Options& options);
// Of catalog/node and health/service.
void write_service(JsonWriter& json, const ServiceRecord& service);
// Of agent/services; with its hash for agent/service.
void write_agent_service(JsonWriter& json, const ServiceRecord& service, const Options& options,
                         const std::string& hash = {});
// Of catalog/service: the node and its service in one object.
void write_catalog_service(JsonWriter& json, const NodeRecord& node, const ServiceRecord& service,
                           const Options& options);
// `service`: that it belongs to, or null.
void write_check(JsonWriter& json, const CheckRecord& check, const ServiceRecord* service);

}  // namespace signalbox::consul
