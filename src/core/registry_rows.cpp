#include "core/registry_rows.h"

#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t node_row_version = 1;
constexpr uint8_t service_row_version = 1;
constexpr uint8_t check_row_version = 1;

Error damaged(const char* what) {
    return {ErrorCode::internal, std::string("a row of ") + what + " is damaged", {}};
}

void put_map(std::string& out, const TextMap& map) {
    put_varint(out, map.size());
    for (const auto& [name, value] : map) {
        put_bytes(out, name);
        put_bytes(out, value);
    }
}

TextMap read_map(ByteReader& reader) {
    TextMap map;
    for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
        const auto name = reader.bytes();
        const auto value = reader.bytes();
        map.emplace(name, value);
    }
    return map;
}

std::optional<uint32_t> read_u32(ByteReader& reader) {
    const uint64_t number = reader.varint();
    if (number > UINT32_MAX) return std::nullopt;
    return static_cast<uint32_t>(number);
}

// Behind table and tenant: a text, then the rest.
bool read_place(std::string_view key, std::string& text, std::string& rest) {
    ByteReader reader(key);
    reader.u8();
    reader.u32_be();
    if (!read_key_text(reader, text)) return false;
    rest = reader.rest();
    return reader.ok();
}

std::string place_key(Table table, TenantId tenant, std::string_view node, std::string_view id) {
    return KeyBuilder(table).tenant(tenant).text(node).tail(id).take();
}

void put_definition(std::string& out, const CheckDefinition& definition) {
    put_u8(out, static_cast<uint8_t>(definition.kind));
    put_signed_varint(out, definition.ttl.count());
    put_bytes(out, definition.url);
    put_bytes(out, definition.method);
    put_varint(out, definition.fields.size());
    for (const auto& [name, value] : definition.fields) {
        put_bytes(out, name);
        put_bytes(out, value);
    }
    put_bytes(out, definition.body);
    put_u8(out, definition.tls_skip_verify ? 1 : 0);
    put_signed_varint(out, definition.interval.count());
    put_signed_varint(out, definition.timeout.count());
    put_signed_varint(out, definition.reap_after.count());
}

bool read_definition(ByteReader& reader, CheckDefinition& definition) {
    const uint8_t kind = reader.u8();
    if (kind > static_cast<uint8_t>(CheckDefinition::Kind::http)) return false;
    definition.kind = static_cast<CheckDefinition::Kind>(kind);
    definition.ttl = Duration(reader.signed_varint());
    definition.url = reader.bytes();
    definition.method = reader.bytes();
    for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
        const auto name = reader.bytes();
        const auto value = reader.bytes();
        definition.fields.emplace_back(name, value);
    }
    definition.body = reader.bytes();
    definition.tls_skip_verify = reader.u8() != 0;
    definition.interval = Duration(reader.signed_varint());
    definition.timeout = Duration(reader.signed_varint());
    definition.reap_after = Duration(reader.signed_varint());
    return reader.ok();
}

// Every row below a prefix that says so.
template <class Record, class Decode>
Result<std::vector<Record>> read_all(const RowReader& rows, const std::string& prefix,
                                     const char* what, Decode decode) {
    std::vector<Record> records;
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        auto record = decode(scan->key(), scan->value());
        if (!record) return fail(damaged(what));
        records.push_back(std::move(*record));
    }
    TRY(scan->status());
    return records;
}

}  // namespace

std::string node_key(TenantId tenant, std::string_view node) {
    return KeyBuilder(Table::node).tenant(tenant).tail(node).take();
}

std::string encode_node(const NodeRecord& node) {
    std::string out;
    put_u8(out, node_row_version);
    put_bytes(out, node.id);
    put_bytes(out, node.address);
    put_map(out, node.tagged_addresses);
    put_map(out, node.meta);
    put_varint(out, node.create_index);
    put_varint(out, node.modify_index);
    return out;
}

std::optional<NodeRecord> decode_node(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u32_be();
    NodeRecord node;
    node.name = key_reader.rest();
    ByteReader reader(value);
    if (reader.u8() != node_row_version) return std::nullopt;
    node.id = reader.bytes();
    node.address = reader.bytes();
    node.tagged_addresses = read_map(reader);
    node.meta = read_map(reader);
    node.create_index = reader.varint();
    node.modify_index = reader.varint();
    return reader.ok() && key_reader.ok() ? std::optional(std::move(node)) : std::nullopt;
}

std::string service_key(TenantId tenant, std::string_view node, std::string_view id) {
    return place_key(Table::service, tenant, node, id);
}

std::string encode_service(const ServiceRecord& service) {
    std::string out;
    put_u8(out, service_row_version);
    put_bytes(out, service.name);
    put_varint(out, service.tags.size());
    for (const auto& tag : service.tags) put_bytes(out, tag);
    put_bytes(out, service.address);
    put_varint(out, service.port);
    put_map(out, service.meta);
    put_varint(out, service.tagged_addresses.size());
    for (const auto& [tag, address] : service.tagged_addresses) {
        put_bytes(out, tag);
        put_bytes(out, address.address);
        put_varint(out, address.port);
    }
    put_varint(out, service.weight_passing);
    put_varint(out, service.weight_warning);
    put_u8(out, service.enable_tag_override ? 1 : 0);
    put_varint(out, service.create_index);
    put_varint(out, service.modify_index);
    return out;
}

std::optional<ServiceRecord> decode_service(std::string_view key, std::string_view value) {
    ServiceRecord service;
    if (!read_place(key, service.node, service.id)) return std::nullopt;
    ByteReader reader(value);
    if (reader.u8() != service_row_version) return std::nullopt;
    service.name = reader.bytes();
    for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
        service.tags.emplace_back(reader.bytes());
    }
    service.address = reader.bytes();
    const auto port = read_u32(reader);
    service.meta = read_map(reader);
    for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
        const std::string tag(reader.bytes());
        ServiceAddress address{std::string(reader.bytes()), 0};
        const auto tagged_port = read_u32(reader);
        if (!tagged_port) return std::nullopt;
        address.port = *tagged_port;
        service.tagged_addresses.emplace(tag, std::move(address));
    }
    const auto passing = read_u32(reader);
    const auto warning = read_u32(reader);
    service.enable_tag_override = reader.u8() != 0;
    service.create_index = reader.varint();
    service.modify_index = reader.varint();
    if (!reader.ok() || !port || !passing || !warning) return std::nullopt;
    service.port = *port;
    service.weight_passing = *passing;
    service.weight_warning = *warning;
    return service;
}

std::string service_by_name_key(TenantId tenant, const ServiceRecord& service) {
    return KeyBuilder(Table::service_by_name)
        .tenant(tenant)
        .text(service.name)
        .text(service.node)
        .tail(service.id)
        .take();
}

std::optional<ServicePlace> decode_service_by_name(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u32_be();
    ServicePlace place;
    if (!read_key_text(reader, place.name) || !read_key_text(reader, place.node)) {
        return std::nullopt;
    }
    place.id = reader.rest();
    return reader.ok() ? std::optional(std::move(place)) : std::nullopt;
}

std::string check_key(TenantId tenant, std::string_view node, std::string_view id) {
    return place_key(Table::check, tenant, node, id);
}

std::string encode_check(const CheckRecord& check) {
    std::string out;
    put_u8(out, check_row_version);
    put_bytes(out, check.name);
    put_u8(out, static_cast<uint8_t>(check.status));
    put_bytes(out, check.notes);
    put_bytes(out, check.output);
    put_bytes(out, check.service_id);
    put_definition(out, check.definition);
    put_varint(out, check.create_index);
    put_varint(out, check.modify_index);
    return out;
}

std::optional<CheckRecord> decode_check(std::string_view key, std::string_view value) {
    CheckRecord check;
    if (!read_place(key, check.node, check.id)) return std::nullopt;
    ByteReader reader(value);
    if (reader.u8() != check_row_version) return std::nullopt;
    check.name = reader.bytes();
    const uint8_t status = reader.u8();
    if (status > static_cast<uint8_t>(CheckStatus::critical)) return std::nullopt;
    check.status = static_cast<CheckStatus>(status);
    check.notes = reader.bytes();
    check.output = reader.bytes();
    check.service_id = reader.bytes();
    if (!read_definition(reader, check.definition)) return std::nullopt;
    check.create_index = reader.varint();
    check.modify_index = reader.varint();
    return reader.ok() ? std::optional(std::move(check)) : std::nullopt;
}

TenantId tenant_of_registry_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    return TenantId(reader.u32_be());
}

Result<std::optional<NodeRecord>> read_node(const RowReader& rows, TenantId tenant,
                                            std::string_view node) {
    const auto key = node_key(tenant, node);
    TRY_AS(const auto row, rows.get(key));
    if (!row) return std::optional<NodeRecord>();
    auto record = decode_node(key, *row);
    if (!record) return fail(damaged("a node"));
    return record;
}

Result<std::vector<NodeRecord>> read_nodes(const RowReader& rows, TenantId tenant) {
    return read_all<NodeRecord>(rows, KeyBuilder(Table::node).tenant(tenant).take(), "a node",
                                decode_node);
}

Result<std::optional<ServiceRecord>> read_service(const RowReader& rows, TenantId tenant,
                                                  std::string_view node, std::string_view id) {
    const auto key = service_key(tenant, node, id);
    TRY_AS(const auto row, rows.get(key));
    if (!row) return std::optional<ServiceRecord>();
    auto record = decode_service(key, *row);
    if (!record) return fail(damaged("a service"));
    return record;
}

Result<std::vector<ServiceRecord>> read_services(const RowReader& rows, TenantId tenant) {
    return read_all<ServiceRecord>(rows, KeyBuilder(Table::service).tenant(tenant).take(),
                                   "a service", decode_service);
}

Result<std::vector<ServiceRecord>> read_services_of(const RowReader& rows, TenantId tenant,
                                                    std::string_view node) {
    return read_all<ServiceRecord>(rows, service_key(tenant, node, {}), "a service",
                                   decode_service);
}

Result<std::vector<ServiceRecord>> read_services_named(const RowReader& rows, TenantId tenant,
                                                       std::string_view name) {
    const auto prefix = KeyBuilder(Table::service_by_name).tenant(tenant).text(name).take();
    std::vector<ServiceRecord> services;
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        const auto place = decode_service_by_name(scan->key());
        if (!place) return fail(damaged("a service's name"));
        TRY_AS(auto service, read_service(rows, tenant, place->node, place->id));
        if (!service) return fail(damaged("a service's name"));
        services.push_back(std::move(*service));
    }
    TRY(scan->status());
    return services;
}

Result<std::vector<CheckRecord>> read_checks(const RowReader& rows, TenantId tenant) {
    return read_all<CheckRecord>(rows, KeyBuilder(Table::check).tenant(tenant).take(), "a check",
                                 decode_check);
}

Result<std::vector<CheckRecord>> read_checks_of(const RowReader& rows, TenantId tenant,
                                                std::string_view node) {
    return read_all<CheckRecord>(rows, check_key(tenant, node, {}), "a check", decode_check);
}

}  // namespace signalbox
