#include "dialect/consul/registry_json.h"

#include "base/assert.h"

namespace signalbox::consul {
namespace {

void write_addresses(JsonWriter& json, const ServiceRecord& service) {
    json.begin_object();
    for (const auto& [tag, address] : service.tagged_addresses) {
        std::string name;
        append_json_string(name, tag);
        json.key(std::string_view(name).substr(1, name.size() - 2));
        json.begin_object();
        json.member("Address", address.address);
        json.member("Port", address.port);
        json.end_object();
    }
    json.end_object();
}

void write_weights(JsonWriter& json, const ServiceRecord& service) {
    json.begin_object();
    json.member("Passing", service.weight_passing);
    json.member("Warning", service.weight_warning);
    json.end_object();
}

// What all forms of a service have in common.
void write_service_members(JsonWriter& json, const ServiceRecord& service) {
    json.member("ID", service.id);
    json.member("Service", service.name);
    json.key("Tags");
    write_texts(json, service.tags);
    json.key("Meta");
    write_map(json, service.meta);
    json.member("Port", service.port);
    json.member("Address", service.address);
    if (!service.tagged_addresses.empty()) {
        json.key("TaggedAddresses");
        write_addresses(json, service);
    }
    json.key("Weights");
    write_weights(json, service);
    json.member("EnableTagOverride", service.enable_tag_override);
}

const char* kind_name(CheckDefinition::Kind kind) {
    switch (kind) {
        case CheckDefinition::Kind::external: return "";
        case CheckDefinition::Kind::ttl: return "ttl";
        case CheckDefinition::Kind::http: return "http";
    }
    ASSERT(false);
}

}  // namespace

const char* status_name(CheckStatus status) {
    switch (status) {
        case CheckStatus::passing: return "passing";
        case CheckStatus::warning: return "warning";
        case CheckStatus::critical: return "critical";
    }
    ASSERT(false);
}

void write_map(JsonWriter& json, const TextMap& map) {
    json.begin_object();
    for (const auto& [name, value] : map) {
        json.text_key(name);
        json.value(value);
    }
    json.end_object();
}

void write_texts(JsonWriter& json, const std::vector<std::string>& texts) {
    json.begin_array();
    for (const auto& text : texts) json.value(text);
    json.end_array();
}

void write_node(JsonWriter& json, const NodeRecord& node, const Options& options) {
    json.begin_object();
    json.member("ID", node.id);
    json.member("Node", node.name);
    json.member("Address", node.address);
    json.member("Datacenter", options.datacenter);
    json.key("TaggedAddresses");
    write_map(json, node.tagged_addresses);
    json.key("Meta");
    write_map(json, node.meta);
    json.member("CreateIndex", node.create_index);
    json.member("ModifyIndex", node.modify_index);
    json.end_object();
}

void write_service(JsonWriter& json, const ServiceRecord& service) {
    json.begin_object();
    write_service_members(json, service);
    json.member("CreateIndex", service.create_index);
    json.member("ModifyIndex", service.modify_index);
    json.end_object();
}

void write_agent_service(JsonWriter& json, const ServiceRecord& service, const Options& options,
                         const std::string& hash) {
    json.begin_object();
    write_service_members(json, service);
    if (!hash.empty()) json.member("ContentHash", hash);
    json.member("Datacenter", options.datacenter);
    json.end_object();
}

void write_catalog_service(JsonWriter& json, const NodeRecord& node, const ServiceRecord& service,
                           const Options& options) {
    json.begin_object();
    json.member("ID", node.id);
    json.member("Node", node.name);
    json.member("Address", node.address);
    json.member("Datacenter", options.datacenter);
    json.key("TaggedAddresses");
    write_map(json, node.tagged_addresses);
    json.key("NodeMeta");
    write_map(json, node.meta);
    json.member("ServiceKind", "");
    json.member("ServiceID", service.id);
    json.member("ServiceName", service.name);
    json.key("ServiceTags");
    write_texts(json, service.tags);
    json.member("ServiceAddress", service.address);
    json.key("ServiceTaggedAddresses");
    write_addresses(json, service);
    json.key("ServiceWeights");
    write_weights(json, service);
    json.key("ServiceMeta");
    write_map(json, service.meta);
    json.member("ServicePort", service.port);
    json.member("ServiceEnableTagOverride", service.enable_tag_override);
    json.member("CreateIndex", service.create_index);
    json.member("ModifyIndex", service.modify_index);
    json.end_object();
}

void write_check(JsonWriter& json, const CheckRecord& check, const ServiceRecord* service) {
    json.begin_object();
    json.member("Node", check.node);
    json.member("CheckID", check.id);
    json.member("Name", check.name);
    json.member("Status", status_name(check.status));
    json.member("Notes", check.notes);
    json.member("Output", check.output);
    json.member("ServiceID", check.service_id);
    json.member("ServiceName", service == nullptr ? "" : service->name);
    json.key("ServiceTags");
    write_texts(json, service == nullptr ? std::vector<std::string>() : service->tags);
    json.member("Type", kind_name(check.definition.kind));
    json.key("Definition");
    json.begin_object();
    json.end_object();
    json.member("CreateIndex", check.create_index);
    json.member("ModifyIndex", check.modify_index);
    json.end_object();
}

}  // namespace signalbox::consul
