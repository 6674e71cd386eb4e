#include "core/collection_rows.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/instant_bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t type_row_version = 1;
constexpr uint8_t item_row_version = 1;

// The two kinds of rows in the table of types.
constexpr uint8_t by_name = 1;
constexpr uint8_t by_path = 2;

void put_rule(std::string& out, const std::optional<EventRule>& rule) {
    put_u8(out, rule ? 1 : 0);
    if (!rule) return;
    put_bytes(out, rule->name);
    put_u8(out, static_cast<uint8_t>(rule->reach));
    put_bytes(out, rule->access);
}

bool read_rule(ByteReader& reader, std::optional<EventRule>& rule) {
    if (reader.u8() == 0) return reader.ok();
    rule.emplace();
    rule->name = reader.bytes();
    const uint8_t reach = reader.u8();
    rule->access = reader.bytes();
    rule->reach = static_cast<EventReach>(reach);
    return reader.ok() && reach <= static_cast<uint8_t>(EventReach::tenant);
}

Error damaged(const char* what) {
    return {ErrorCode::internal, std::string("a row of ") + what + " is damaged", {}};
}

// Without its document: a page for one owner goes over everybody's items. Nothing when the row is
// damaged.
std::optional<bool> is_row_of(std::string_view value, const Uuid& owner) {
    ByteReader reader(value);
    if (reader.u8() != item_row_version) return std::nullopt;
    reader.varint();
    read_instant(reader);
    read_instant(reader);
    const uint64_t owners = reader.varint();
    bool is_theirs = false;
    for (uint64_t i = 0; i < owners && reader.ok(); ++i) {
        is_theirs = reader.fixed(sizeof(Uuid)) == owner.raw() || is_theirs;
    }
    return reader.ok() ? std::optional(is_theirs) : std::nullopt;
}

}  // namespace

bool is_everybodys_own(const ItemType& type) {
    return (type.path + "/").find("/me/") != std::string::npos;
}

bool is_owned_by(const CollectionItem& item, const std::optional<Uuid>& user) {
    return user && std::find(item.owners.begin(), item.owners.end(), *user) != item.owners.end();
}

std::string item_type_key(TenantId tenant, std::string_view name) {
    return KeyBuilder(Table::item_type).u8(by_name).tenant(tenant).tail(name).take();
}

std::string item_type_path_key(TenantId tenant, std::string_view path) {
    return KeyBuilder(Table::item_type).u8(by_path).tenant(tenant).tail(path).take();
}

std::string item_key(TenantId tenant, std::string_view type, std::string_view id) {
    return KeyBuilder(Table::item).tenant(tenant).text(type).tail(id).take();
}

std::string item_count_key(TenantId tenant, std::string_view type) {
    return KeyBuilder(Table::item_count).tenant(tenant).tail(type).take();
}

std::string encode_item_type(const ItemType& type) {
    std::string out;
    put_u8(out, type_row_version);
    put_bytes(out, type.schema);
    put_bytes(out, type.path);
    put_bytes(out, type.id_field);
    put_bytes(out, type.owner_field);
    put_u8(out, type.owner_list ? 1 : 0);
    put_rule(out, type.created);
    put_rule(out, type.updated);
    put_rule(out, type.deleted);
    put_rule(out, type.progress);
    put_varint(out, type.appliers.size());
    for (const auto& applier : type.appliers) {
        put_bytes(out, applier.name);
        put_bytes(out, applier.url);
    }
    put_signed_varint(out, type.deadline.count());
    put_signed_varint(out, type.retention.count());
    put_varint(out, type.revision.value);
    return out;
}

std::optional<ItemType> decode_item_type(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    const uint8_t kind = key_reader.u8();
    key_reader.u32_be();
    ItemType type;
    type.name = key_reader.rest();
    ByteReader reader(value);
    if (kind != by_name || reader.u8() != type_row_version) return std::nullopt;
    type.schema = reader.bytes();
    type.path = reader.bytes();
    type.id_field = reader.bytes();
    type.owner_field = reader.bytes();
    type.owner_list = reader.u8() != 0;
    for (auto* rule : {&type.created, &type.updated, &type.deleted, &type.progress}) {
        if (!read_rule(reader, *rule)) return std::nullopt;
    }
    const uint64_t appliers = reader.varint();
    for (uint64_t i = 0; i < appliers && reader.ok(); ++i) {
        Applier applier;
        applier.name = reader.bytes();
        applier.url = reader.bytes();
        type.appliers.push_back(std::move(applier));
    }
    type.deadline = Duration(reader.signed_varint());
    type.retention = Duration(reader.signed_varint());
    type.revision = Revision(reader.varint());
    if (!reader.ok() || !key_reader.ok()) return std::nullopt;
    return type;
}

std::string encode_item(const CollectionItem& item) {
    std::string out;
    put_u8(out, item_row_version);
    put_varint(out, item.revision.value);
    put_instant(out, item.created_at);
    put_instant(out, item.updated_at);
    put_varint(out, item.owners.size());
    for (const auto& owner : item.owners) out += owner.raw();
    put_bytes(out, item.document);
    return out;
}

std::optional<CollectionItem> decode_item(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u32_be();
    std::string type;
    if (!read_key_text(key_reader, type)) return std::nullopt;
    CollectionItem item;
    item.id = key_reader.rest();
    ByteReader reader(value);
    if (reader.u8() != item_row_version) return std::nullopt;
    item.revision = Revision(reader.varint());
    item.created_at = read_instant(reader);
    item.updated_at = read_instant(reader);
    const uint64_t owners = reader.varint();
    for (uint64_t i = 0; i < owners && reader.ok(); ++i) {
        const auto raw = reader.fixed(sizeof(Uuid));
        if (reader.ok()) item.owners.push_back(Uuid::from_raw(raw));
    }
    item.document = reader.bytes();
    if (!reader.ok()) return std::nullopt;
    return item;
}

Result<std::optional<ItemType>> find_item_type(const RowReader& rows, TenantId tenant,
                                               std::string_view name) {
    const auto key = item_type_key(tenant, name);
    TRY_AS(const auto row, rows.get(key));
    if (!row) return std::optional<ItemType>();
    auto type = decode_item_type(key, *row);
    if (!type) return fail(damaged("a type"));
    return type;
}

Result<std::optional<ItemType>> find_item_type_by_path(const RowReader& rows, TenantId tenant,
                                                       std::string_view path) {
    TRY_AS(const auto row, rows.get(item_type_path_key(tenant, path)));
    if (!row) return std::optional<ItemType>();
    return find_item_type(rows, tenant, *row);
}

Result<std::vector<ItemType>> list_item_types(const RowReader& rows, TenantId tenant,
                                              std::string_view after, size_t limit) {
    std::vector<ItemType> types;
    const auto all = item_type_key(tenant, "");
    const auto lower = after.empty() ? all : item_type_key(tenant, after) + '\0';
    const auto scan = rows.scan(lower, prefix_end(all));
    for (; scan->valid() && types.size() < limit; scan->next()) {
        auto type = decode_item_type(scan->key(), scan->value());
        if (!type) return fail(damaged("a type"));
        types.push_back(std::move(*type));
    }
    TRY(scan->status());
    return types;
}

Result<std::optional<CollectionItem>> find_item(const RowReader& rows, TenantId tenant,
                                                std::string_view type, std::string_view id) {
    const auto key = item_key(tenant, type, id);
    TRY_AS(const auto row, rows.get(key));
    if (!row) return std::optional<CollectionItem>();
    auto item = decode_item(key, *row);
    if (!item) return fail(damaged("an item"));
    return item;
}

Result<ItemListing::Page> ItemListing::next(size_t rows_max, size_t items_max, size_t bytes_max) {
    Page page;
    const auto all = item_key(request_.tenant, request_.type, "");
    const auto lower = request_.after.empty()
                           ? all
                           : item_key(request_.tenant, request_.type, request_.after) + '\0';
    const auto scan = snapshot_->scan(lower, prefix_end(all));
    size_t bytes = 0;
    for (size_t rows = 0; scan->valid() && rows < rows_max; scan->next(), ++rows) {
        const bool is_full = page.items.size() >= items_max || bytes >= bytes_max;
        if (is_full) break;
        const auto is_wanted =
            request_.owner ? is_row_of(scan->value(), *request_.owner) : std::optional(true);
        if (!is_wanted) return fail(damaged("an item"));
        request_.after = scan->key().substr(all.size());
        if (!*is_wanted) continue;
        auto item = decode_item(scan->key(), scan->value());
        if (!item) return fail(damaged("an item"));
        bytes += item->document.size();
        page.items.push_back(std::move(*item));
    }
    TRY(scan->status());
    page.at_end = !scan->valid();
    return page;
}

}  // namespace signalbox
