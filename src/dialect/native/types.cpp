#include <fmt/format.h>

#include "codec/url.h"
#include "core/collection_rows.h"
#include "core/tenants.h"
#include "dialect/native/native_call.h"
#include "dialect/native/native_routes.h"

// /api/v1/types: what items of a tenant's collections must be like.

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;

std::string_view reach_name(EventReach reach) {
    switch (reach) {
        case EventReach::requester: return "requester";
        case EventReach::owners: return "owners";
        case EventReach::tenant: return "tenant";
    }
    return {};
}

void write_rule(JsonWriter& json, std::string_view name, const std::optional<EventRule>& rule) {
    if (!rule) return;
    json.key(name);
    json.begin_object();
    json.member("name", rule->name);
    json.member("to", reach_name(rule->reach));
    if (!rule->access.empty()) json.member("access", rule->access);
    json.end_object();
}

void write_type(JsonWriter& json, const ItemType& type) {
    json.begin_object();
    json.member("name", type.name);
    json.key("schema");
    json.raw(type.schema);
    if (!type.path.empty()) json.member("path", type.path);
    json.member("id_field", type.id_field);
    if (!type.owner_field.empty()) {
        json.member("owner_field", type.owner_field);
        json.member("owner_list", type.owner_list);
    }
    json.key("events");
    json.begin_object();
    write_rule(json, "created", type.created);
    write_rule(json, "updated", type.updated);
    write_rule(json, "deleted", type.deleted);
    write_rule(json, "progress", type.progress);
    json.end_object();
    json.key("appliers");
    json.begin_array();
    for (const auto& applier : type.appliers) {
        json.begin_object();
        json.member("name", applier.name);
        if (!applier.url.empty()) json.member("url", applier.url);
        json.end_object();
    }
    json.end_array();
    json.member("deadline", format_duration(type.deadline));
    json.member("retention", format_duration(type.retention));
    json.member("revision", type.revision.value);
    json.end_object();
}

HttpResponse type_response(uint16_t status, const ItemType& type) {
    std::string body;
    JsonWriter json(body);
    write_type(json, type);
    return json_response(status, std::move(body));
}

// "meeting_created", or an object with more to say.
Result<std::optional<EventRule>> read_rule(JsonMembers& events, std::string_view name,
                                           EventReach reach) {
    const auto value = events.value(name);
    if (!value) return std::optional<EventRule>();
    EventRule rule;
    rule.reach = reach;
    if (const auto text = value->text()) {
        rule.name = *text;
        return std::optional(std::move(rule));
    }
    TRY_AS(auto members, JsonMembers::of(*value, events.path(name) + "."));
    TRY_AS(auto called, members.text("name"));
    if (!called) return fail(ErrorCode::invalid_argument, "is required", members.path("name"));
    rule.name = std::move(*called);
    TRY_AS(const auto to, members.text("to"));
    if (to) {
        if (*to == "requester") {
            rule.reach = EventReach::requester;
        } else if (*to == "owners") {
            rule.reach = EventReach::owners;
        } else if (*to == "tenant") {
            rule.reach = EventReach::tenant;
        } else {
            return fail(ErrorCode::invalid_argument, "must be requester, owners or tenant",
                        members.path("to"));
        }
    }
    TRY_AS(auto access, members.text("access"));
    rule.access = access.value_or("");
    TRY(members.only_known());
    return std::optional(std::move(rule));
}

Result<void> read_events(JsonMembers& members, ItemType& type) {
    TRY_AS(const auto events, members.object("events"));
    if (!events) return {};
    // Whoever owns something hears of it; what belongs to nobody concerns everybody.
    const auto reach = type.owner_field.empty() ? EventReach::tenant : EventReach::owners;
    TRY_AS(auto rules, JsonMembers::of(*events, "events."));
    TRY_AS(type.created, read_rule(rules, "created", reach));
    TRY_AS(type.updated, read_rule(rules, "updated", reach));
    TRY_AS(type.deleted, read_rule(rules, "deleted", reach));
    TRY_AS(type.progress, read_rule(rules, "progress", EventReach::requester));
    return rules.only_known();
}

// "asterisk", or an object with the address to call.
Result<void> read_appliers(JsonMembers& members, ItemType& type) {
    TRY_AS(const auto appliers, members.array("appliers"));
    if (!appliers) return {};
    for (size_t i = 0; i < appliers->size(); ++i) {
        Applier applier;
        if (const auto text = (*appliers)[i].text()) {
            applier.name = *text;
        } else {
            const auto place = fmt::format("appliers[{}].", i);
            TRY_AS(auto one, JsonMembers::of((*appliers)[i], place));
            TRY_AS(auto name, one.text("name"));
            TRY_AS(auto url, one.text("url"));
            TRY(one.only_known());
            applier.name = name.value_or("");
            applier.url = url.value_or("");
        }
        type.appliers.push_back(std::move(applier));
    }
    return {};
}

Result<ItemType> read_type(const Call& call) {
    ItemType type;
    type.name = call.parameter("type");
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    if (const auto schema = members.value("schema")) type.schema = schema->json();
    TRY_AS(const auto path, members.text("path"));
    TRY_AS(const auto id_field, members.text("id_field"));
    TRY_AS(const auto owner_field, members.text("owner_field"));
    TRY_AS(const auto owner_list, members.boolean("owner_list"));
    TRY_AS(const auto deadline, duration_member(members, "deadline"));
    TRY_AS(const auto retention, duration_member(members, "retention"));
    type.path = path.value_or("");
    if (id_field) type.id_field = *id_field;
    type.owner_field = owner_field.value_or("");
    type.owner_list = owner_list.value_or(false);
    if (deadline) type.deadline = *deadline;
    if (retention) type.retention = *retention;
    TRY(read_events(members, type));
    TRY(read_appliers(members, type));
    TRY(members.only_known());
    const bool is_taken =
        !type.path.empty() && !call.exchange->frontend().router().is_free(type.path);
    if (is_taken) return fail(ErrorCode::invalid_argument, "belongs to the server itself", "path");
    return type;
}

Result<void> declare(const Call& call) {
    TRY_AS(auto type, read_type(call));
    ask(call, DeclareType{std::move(type)}, [](const TypeDeclared& declared) {
        return type_response(declared.is_new ? 201 : 200, declared.type);
    });
    return {};
}

Result<void> show(const Call& call) {
    const auto snapshot = call.exchange->frontend().node().partition_of(tenant_of(call)).snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, tenant_of(call)));
    const auto& name = call.parameter("type");
    TRY_AS(const auto type, find_item_type(*snapshot, tenant, name));
    if (!type) return fail(ErrorCode::not_found, fmt::format("type {} is not declared", name));
    call.exchange->respond(type_response(200, *type));
    return {};
}

Result<void> list(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    const auto after = query.text("after");
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    TRY(query.only_known());
    const auto page_limit = static_cast<size_t>(limit.value_or(page_limit_default));
    const auto snapshot = call.exchange->frontend().node().partition_of(tenant_of(call)).snapshot();
    TRY_AS(const TenantId tenant, find_tenant(*snapshot, tenant_of(call)));
    TRY_AS(auto types, list_item_types(*snapshot, tenant, after.value_or(""), page_limit + 1));
    const bool has_more = types.size() > page_limit;
    if (has_more) types.pop_back();
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("types");
    json.begin_array();
    for (const auto& type : types) write_type(json, type);
    json.end_array();
    if (has_more) {
        json.member("next", fmt::format("/api/v1/types?limit={}&after={}", page_limit,
                                        percent_encode(types.back().name)));
    }
    json.end_object();
    call.exchange->respond(json_response(200, std::move(body)));
    return {};
}

Result<void> remove(const Call& call) {
    ask(call, RemoveType{call.parameter("type")}, [](const TypeRemoved&) {
        HttpResponse response;
        response.status = 204;
        return response;
    });
    return {};
}

}  // namespace

void add_type_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::get, "/api/v1/types", handler(list));
    add(HttpMethod::put, "/api/v1/types/:type", plain_handler(declare));
    add(HttpMethod::get, "/api/v1/types/:type", plain_handler(show));
    add(HttpMethod::erase, "/api/v1/types/:type", plain_handler(remove));
}

}  // namespace signalbox::native
