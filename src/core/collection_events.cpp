#include "core/collection_events.h"

#include <algorithm>

#include "base/assert.h"
#include "codec/json_writer.h"

namespace signalbox {
namespace {

void add_audience(Event& event, const EventRule& rule, const std::optional<Uuid>& requester,
                  const std::vector<Uuid>& owners) {
    EventAudience audience;
    audience.name = rule.name;
    audience.access = rule.access;
    switch (rule.reach) {
        case EventReach::tenant: audience.whole_tenant = true; break;
        case EventReach::owners: audience.users = owners; break;
        case EventReach::requester:
            if (requester) audience.users = {*requester};
            break;
    }
    if (audience.whole_tenant) {
        event.topics.push_back(heard_by_tenant_topic());
        event.topics.push_back(heard_by_tenant_topic(rule.name));
    }
    for (const auto& user : audience.users) {
        event.topics.push_back(heard_by_user_topic(user));
        event.topics.push_back(heard_by_user_topic(user, rule.name));
    }
    event.audience = std::move(audience);
}

// And for those who may hear what is for others.
void add_audience_and_others(Event& event, const EventRule& rule,
                             const std::optional<Uuid>& requester,
                             const std::vector<Uuid>& owners) {
    event.topics.push_back(heard_topic());
    event.topics.push_back(heard_topic(rule.name));
    add_audience(event, rule, requester, owners);
}

// Before and after: whoever loses an item must hear of it. For topics only, since not all of them
// may see what the event says.
std::vector<Uuid> all_owners(const ItemChange& change) {
    std::vector<Uuid> owners;
    for (const auto* item : {change.before, change.after}) {
        if (item != nullptr) owners.insert(owners.end(), item->owners.begin(), item->owners.end());
    }
    std::sort(owners.begin(), owners.end());
    owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
    return owners;
}

void write_owners(JsonWriter& json, const std::vector<Uuid>& owners) {
    json.key("owners");
    json.begin_array();
    for (const auto& owner : owners) json.value(owner.text());
    json.end_array();
}

}  // namespace

Topic collection_topic(std::string_view type) {
    return make_topic("collection", {type});
}

Topic item_topic(std::string_view type, std::string_view id) {
    return make_topic("item", {type, id});
}

Topic owned_topic(std::string_view type, const Uuid& owner) {
    return make_topic("owned", {type, owner.raw()});
}

Topic operations_topic() {
    static const Topic topic = make_topic("operations");
    return topic;
}

Topic operation_topic(const Uuid& id) {
    return make_topic("operation", {id.raw()});
}

Topic requested_topic(const Uuid& user) {
    return make_topic("requested", {user.raw()});
}

Topic operations_of_topic(std::string_view type) {
    return make_topic("operations-of", {type});
}

Topic heard_topic(std::string_view name) {
    return make_topic("heard", {name});
}

Topic heard_by_tenant_topic(std::string_view name) {
    return make_topic("heard-by-tenant", {name});
}

Topic heard_by_user_topic(const Uuid& user, std::string_view name) {
    return make_topic("heard-by-user", {user.raw(), name});
}

Event item_event(TenantId tenant, const ItemChange& change) {
    const CollectionItem* item = change.after != nullptr ? change.after : change.before;
    ASSERT(item != nullptr);
    const auto owners = all_owners(change);
    Event event;
    event.tenant = tenant;
    event.subject = item->id;
    event.topics = {collection_topic(change.type.name)};
    for (const auto& owner : owners) event.topics.push_back(owned_topic(change.type.name, owner));
    event.topics.push_back(item_topic(change.type.name, item->id));
    const std::optional<EventRule>* rule = nullptr;
    if (change.after == nullptr) {
        event.type = "item.deleted";
        rule = &change.type.deleted;
    } else if (change.before == nullptr) {
        event.type = "item.created";
        rule = &change.type.created;
    } else {
        event.type = "item.updated";
        rule = &change.type.updated;
    }
    if (*rule) add_audience_and_others(event, **rule, change.requester, item->owners);
    JsonWriter json(event.data);
    json.begin_object();
    json.member("type", change.type.name);
    json.member("id", item->id);
    json.member("revision", change.revision.value);
    if (change.operation) json.member("operation_id", change.operation->text());
    if (change.requester) json.member("requester_uuid", change.requester->text());
    // Of now: an item that was deleted has none.
    write_owners(json, change.after != nullptr ? item->owners : std::vector<Uuid>());
    if (change.after != nullptr) {
        json.member("created_at", format_instant(item->created_at));
        json.member("updated_at", format_instant(item->updated_at));
    }
    json.key("item");
    json.raw(item->document);
    json.end_object();
    return event;
}

std::optional<Event> item_left_event(TenantId tenant, const ItemChange& change) {
    const auto is_for_owners = [](const std::optional<EventRule>& rule) {
        return rule && rule->reach == EventReach::owners;
    };
    const bool is_update = change.before != nullptr && change.after != nullptr;
    if (!is_update || !is_for_owners(change.type.deleted)) return std::nullopt;
    // Where the whole tenant hears of what becomes of it, it is not gone for anybody.
    const auto& updated = change.type.updated;
    if (updated && updated->reach == EventReach::tenant) return std::nullopt;
    std::vector<Uuid> former;
    const auto& owners = change.after->owners;
    for (const auto& owner : change.before->owners) {
        if (std::find(owners.begin(), owners.end(), owner) == owners.end()) former.push_back(owner);
    }
    if (former.empty()) return std::nullopt;
    Event event;
    event.tenant = tenant;
    event.type = "item.left";
    event.subject = change.after->id;
    // Those who hear what is for others still see it.
    add_audience(event, *change.type.deleted, change.requester, former);
    JsonWriter json(event.data);
    json.begin_object();
    json.member("type", change.type.name);
    json.member("id", change.after->id);
    json.member("revision", change.revision.value);
    json.key("item");
    json.begin_object();
    json.member(change.type.id_field, change.after->id);
    json.end_object();
    json.end_object();
    return event;
}

namespace {

Event begin_operation_event(TenantId tenant, const OperationRecord& record, std::string_view what) {
    Event event;
    event.tenant = tenant;
    event.type = "operation." + std::string(what);
    event.subject = record.id.text();
    event.topics = {operations_topic(), operations_of_topic(record.type)};
    if (record.requester) event.topics.push_back(requested_topic(*record.requester));
    event.topics.push_back(operation_topic(record.id));
    return event;
}

}  // namespace

Event operation_event(TenantId tenant, const OperationRecord& record, const ItemType* type) {
    Event event = begin_operation_event(tenant, record, operation_state_name(record.state));
    if (type != nullptr && type->progress) {
        add_audience_and_others(event, *type->progress, record.requester, {});
    }
    write_operation(event.data, record);
    return event;
}

Event operation_forgotten_event(TenantId tenant, const OperationRecord& record, Revision revision) {
    Event event = begin_operation_event(tenant, record, "forgotten");
    JsonWriter json(event.data);
    json.begin_object();
    json.member("id", record.id.text());
    json.member("revision", revision.value);
    json.member("reason", "forgotten");
    json.end_object();
    return event;
}

void write_operation(std::string& out, const OperationRecord& record) {
    JsonWriter json(out);
    json.begin_object();
    json.member("id", record.id.text());
    json.member("state", operation_state_name(record.state));
    json.member("done", has_ended(record.state));
    json.member("sequence", record.sequence);
    json.member("type", record.type);
    json.member("item", record.item);
    json.member("verb", operation_verb_name(record.verb));
    json.member("item_revision", record.item_revision.value);
    if (record.requester) json.member("requester_uuid", record.requester->text());
    if (!record.requester_name.empty()) json.member("requester", record.requester_name);
    json.key("steps");
    json.begin_array();
    for (const auto& step : record.steps) {
        json.begin_object();
        json.member("name", step.name);
        json.member("state", operation_state_name(step.state));
        if (step.current != 0 || step.end != 0) json.member("current", step.current);
        if (step.end != 0) json.member("end", step.end);
        if (!step.detail.empty()) json.member("detail", step.detail);
        json.end_object();
    }
    json.end_array();
    if (record.cancel_requested) json.member("cancel_requested", true);
    if (!record.error.empty()) {
        json.key("error");
        json.raw(record.error);
    }
    if (!record.response.empty()) {
        json.key("response");
        json.raw(record.response);
    }
    json.member("created_at", format_instant(record.created_at));
    json.member("updated_at", format_instant(record.updated_at));
    json.member("deadline", format_instant(record.deadline));
    json.member("revision", record.revision.value);
    json.end_object();
}

}  // namespace signalbox
