#include "core/item_types.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/acl.h"
#include "core/collection_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

Error wrong(std::string field, std::string message) {
    return {ErrorCode::invalid_argument, std::move(message), std::move(field)};
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool is_name(std::string_view text, size_t bytes_max) {
    return !text.empty() && text.size() <= bytes_max &&
           std::all_of(text.begin(), text.end(), is_name_char);
}

Result<void> check_name(std::string_view text, size_t bytes_max, const std::string& field) {
    if (is_name(text, bytes_max)) return {};
    return fail(wrong(field, fmt::format("must have 1 to {} letters, digits, _ and -", bytes_max)));
}

// "/users/me/meetings"
bool is_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto word = path.substr(0, path.find('/'));
        const bool is_good = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
            return is_name_char(c) || c == '.' || c == '~';
        });
        if (!is_good || word == "." || word == "..") return false;
        path.remove_prefix(word.size());
    }
    return true;
}

// That it can be called is seen when it is.
bool is_address(std::string_view url, size_t bytes_max) {
    const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
    const auto rest = url.substr(std::min(url.size(), url.find("://") + 3));
    return has_scheme && url.size() <= bytes_max && !rest.empty() && rest.front() != '/' &&
           std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<void> check_rule(const std::optional<EventRule>& rule, const CollectionLimits& limits,
                        const std::string& field) {
    if (!rule) return {};
    TRY(check_name(rule->name, limits.name_bytes_max, field + ".name"));
    // The receiver stands for a word.
    std::string access = rule->access;
    constexpr std::string_view receiver = "{user}";
    if (const size_t at = access.find(receiver); at != std::string::npos) {
        access.replace(at, receiver.size(), "me");
    }
    if (access.empty()) return {};
    if (!check_acl_pattern(access, limits.access_bytes_max) ||
        access.find_first_of("*#!") != std::string::npos) {
        return fail(wrong(field + ".access",
                          fmt::format("must have words of letters, digits and _ - : /, with dots "
                                      "between them, and at most {} bytes",
                                      limits.access_bytes_max)));
    }
    return {};
}

// Of what happens to items.
Result<void> check_item_rule(const ItemType& type, const std::optional<EventRule>& rule,
                             const CollectionLimits& limits, const std::string& field) {
    if (rule && rule->reach == EventReach::owners && type.owner_field.empty()) {
        return fail(wrong(field + ".to", "must be tenant, or the type must have an owner_field"));
    }
    return check_rule(rule, limits, field);
}

Result<JsonSchema> compile(const ItemType& type) {
    auto document = JsonDocument::parse(type.schema);
    if (!document) return fail(wrong("schema", document.error().message));
    return JsonSchema::compile(document->root());
}

}  // namespace

Result<void> ItemTypes::load(const RowReader& rows) {
    // The whole table of names, whoever's they are.
    const auto first = item_type_key(TenantId(0), "");
    const auto end = item_type_path_key(TenantId(0), "");
    const auto scan = rows.scan(first, end);
    for (; scan->valid(); scan->next()) {
        ByteReader key(scan->key());
        key.u8();
        key.u8();
        const TenantId tenant(key.u32_be());
        auto type = decode_item_type(scan->key(), scan->value());
        if (!type) return fail(ErrorCode::internal, "a row of a type is damaged");
        Known known;
        TRY_AS(known.schema, compile(*type));
        TRY_AS(const auto count, rows.get(item_count_key(tenant, type->name)));
        if (count) known.items = ByteReader(*count).varint();
        known.type = std::move(*type);
        Key place{tenant, known.type.name};
        types_.emplace(std::move(place), std::move(known));
    }
    return scan->status();
}

Result<void> ItemTypes::check_type(TenantId tenant, const ItemType& type) const {
    TRY(check_name(type.name, limits_.name_bytes_max, "name"));
    if (type.schema.size() > limits_.schema_bytes_max) {
        return fail(
            wrong("schema", fmt::format("must have at most {} bytes", limits_.schema_bytes_max)));
    }
    if (!type.path.empty()) {
        if (type.path.size() > limits_.path_bytes_max || !is_path(type.path)) {
            return fail(
                wrong("path", fmt::format("must be like /users/me/things, of letters, digits and "
                                          "_ - . ~, and have at most {} bytes",
                                          limits_.path_bytes_max)));
        }
        if (is_everybodys_own(type) && type.owner_field.empty()) {
            return fail(wrong("owner_field", "is required with a path for everybody's own"));
        }
    }
    TRY(check_name(type.id_field, limits_.name_bytes_max, "id_field"));
    if (!type.owner_field.empty()) {
        TRY(check_name(type.owner_field, limits_.name_bytes_max, "owner_field"));
        if (type.owner_field == type.id_field) {
            return fail(wrong("owner_field", "must not be that of the id"));
        }
    } else if (type.owner_list) {
        return fail(wrong("owner_field", "is required with owner_list"));
    }
    TRY(check_item_rule(type, type.created, limits_, "events.created"));
    TRY(check_item_rule(type, type.updated, limits_, "events.updated"));
    TRY(check_item_rule(type, type.deleted, limits_, "events.deleted"));
    TRY(check_rule(type.progress, limits_, "events.progress"));
    if (type.progress && type.progress->reach == EventReach::owners) {
        return fail(wrong("events.progress.to", "must be requester or tenant"));
    }
    if (type.appliers.size() > limits_.appliers_max) {
        return fail(
            wrong("appliers", fmt::format("must have at most {} elements", limits_.appliers_max)));
    }
    std::set<std::string_view> names;
    for (size_t i = 0; i < type.appliers.size(); ++i) {
        const auto place = fmt::format("appliers[{}].", i);
        const auto& applier = type.appliers[i];
        TRY(check_name(applier.name, limits_.name_bytes_max, place + "name"));
        if (!applier.url.empty() && !is_address(applier.url, limits_.url_bytes_max)) {
            return fail(wrong(place + "url",
                              fmt::format("must be an http or https address, and have at most {} "
                                          "bytes",
                                          limits_.url_bytes_max)));
        }
        if (!names.insert(applier.name).second) {
            return fail(wrong(place + "name", "is there twice"));
        }
    }
    if (type.deadline < limits_.deadline_min || type.deadline > limits_.deadline_max) {
        return fail(wrong("deadline", fmt::format("must be between {} and {}",
                                                  format_duration(limits_.deadline_min),
                                                  format_duration(limits_.deadline_max))));
    }
    if (type.retention < Duration::zero() || type.retention > limits_.retention_max) {
        return fail(wrong("retention", fmt::format("must be at most {}",
                                                   format_duration(limits_.retention_max))));
    }
    const auto other =
        std::find_if(types_.lower_bound({tenant, ""}), types_.end(), [&](const auto& known) {
            return known.first.first != tenant ||
                   (!type.path.empty() && known.second.type.path == type.path &&
                    known.second.type.name != type.name);
        });
    if (other != types_.end() && other->first.first == tenant) {
        return fail(ErrorCode::conflict, "belongs to the type " + other->second.type.name, "path");
    }
    return {};
}

Result<TypeDeclared> ItemTypes::declare(TenantId tenant, DeclareType command, Step& step) {
    auto& type = command.type;
    TRY(check_type(tenant, type));
    TRY_AS(auto schema, compile(type));
    const Key key{tenant, type.name};
    const auto known = types_.find(key);
    const bool is_new = known == types_.end();
    if (is_new && types_.size() >= limits_.types_max) {
        return fail(ErrorCode::overloaded, "too many types");
    }
    if (!is_new && known->second.items > 0 && known->second.type.id_field != type.id_field) {
        return fail(ErrorCode::conflict, "cannot change while there are items", "id_field");
    }
    if (!is_new && known->second.items > 0 && known->second.type.owner_field != type.owner_field) {
        return fail(ErrorCode::conflict, "cannot change while there are items", "owner_field");
    }
    type.revision = step.revision();
    auto& writes = step.ready.writes;
    if (!is_new && !known->second.type.path.empty() && known->second.type.path != type.path) {
        writes.erase(item_type_path_key(tenant, known->second.type.path));
    }
    if (!type.path.empty()) writes.put(item_type_path_key(tenant, type.path), type.name);
    writes.put(item_type_key(tenant, type.name), encode_item_type(type));
    const uint64_t items = is_new ? 0 : known->second.items;
    types_.insert_or_assign(key, Known{type, std::move(schema), items});
    return TypeDeclared{std::move(type), is_new};
}

Result<TypeRemoved> ItemTypes::remove(TenantId tenant, const RemoveType& command, Step& step) {
    TRY_AS(const Known* known, require(tenant, command.name));
    if (known->items > 0) {
        return fail(ErrorCode::conflict,
                    fmt::format("type {} has {} items", command.name, known->items));
    }
    auto& writes = step.ready.writes;
    if (!known->type.path.empty()) writes.erase(item_type_path_key(tenant, known->type.path));
    writes.erase(item_type_key(tenant, command.name));
    writes.erase(item_count_key(tenant, command.name));
    types_.erase({tenant, command.name});
    return TypeRemoved{};
}

const ItemTypes::Known* ItemTypes::find(TenantId tenant, std::string_view name) const {
    const auto found = types_.find({tenant, std::string(name)});
    return found == types_.end() ? nullptr : &found->second;
}

Result<const ItemTypes::Known*> ItemTypes::require(TenantId tenant, std::string_view name) const {
    if (const Known* known = find(tenant, name)) return known;
    return fail(ErrorCode::not_found, fmt::format("type {} is not declared", name));
}

void ItemTypes::count_item(TenantId tenant, std::string_view name, bool is_more, Step& step) {
    Known& known = types_.at({tenant, std::string(name)});
    ASSERT(is_more || known.items > 0);
    known.items += is_more ? 1 : uint64_t(-1);
    std::string row;
    put_varint(row, known.items);
    step.ready.writes.put(item_count_key(tenant, name), row);
}

void ItemTypes::check() const {
    std::set<std::pair<TenantId, std::string_view>> paths;
    for (const auto& [key, known] : types_) {
        ASSERT(key.second == known.type.name);
        if (known.type.path.empty()) continue;
        const bool is_alone = paths.insert({key.first, known.type.path}).second;
        ASSERT(is_alone);
    }
    ASSERT(types_.size() <= limits_.types_max);
}

}  // namespace signalbox
