#include "dialect/wazo/bus_event.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_text.h"
#include "codec/json_writer.h"
#include "core/collection_events.h"
#include "core/operation_commands.h"
#include "dialect/event_members.h"
#include "dialect/wazo/access.h"

namespace signalbox::wazo {
namespace {

// Of what is under way, in the words of Wazo's clients.
std::string_view status_of(std::string_view state) {
    if (state == operation_state_name(OperationState::succeeded)) return "ready";
    if (state == operation_state_name(OperationState::failed)) return "error";
    if (state == operation_state_name(OperationState::cancelled)) return "error";
    return "in_progress";
}

bool is_operation(const Event& event) {
    return event.type.starts_with("operation.");
}

void copy(JsonWriter& json, const EventMembers& data, std::string_view name, std::string_view as) {
    const auto value = data.find(name);
    if (value.empty()) return;
    json.key(as);
    json.raw(value);
}

bool is_for(const EventAudience& audience, const Identity& identity) {
    if (audience.whole_tenant) return true;
    const auto& users = audience.users;
    return identity.user_uuid &&
           std::find(users.begin(), users.end(), *identity.user_uuid) != users.end();
}

void write_progress(JsonWriter& json, const EventMembers& data) {
    const auto state = json_string(data.find("state"));
    json.begin_object();
    copy(json, data, "item", "id");
    copy(json, data, "item", "uuid");
    json.member("status", status_of(state.value_or("")));
    copy(json, data, "requester_uuid", "requester_uuid");
    copy(json, data, "id", "operation_id");
    copy(json, data, "state", "state");
    copy(json, data, "steps", "steps");
    copy(json, data, "error", "error");
    json.end_object();
}

}  // namespace

std::vector<Topic> Listener::topics_of(std::string_view name) const {
    // No event has no name.
    if (name.empty()) return {};
    const auto wanted = name == "*" ? std::string_view() : name;
    if (hears_others()) return {heard_topic(wanted)};
    std::vector<Topic> topics{heard_by_tenant_topic(wanted)};
    if (identity.user_uuid) topics.push_back(heard_by_user_topic(*identity.user_uuid, wanted));
    return topics;
}

Uuid Listener::receiver_of(const EventAudience& audience) const {
    if (is_for(audience, identity)) return identity.user_uuid.value_or(Uuid());
    return audience.users.empty() ? Uuid() : audience.users.front();
}

bool Listener::may_hear(const Event& event) const {
    if (!event.audience) return false;
    const auto& audience = *event.audience;
    const Uuid receiver = receiver_of(audience);
    const auto access = for_receiver(audience.access, receiver);
    if (is_for(audience, identity)) return access.empty() || is_given(identity, access);
    // Not even an administrator hears what is somebody else's, unless a pattern says so.
    return hears_others() &&
           is_given_by_pattern(
               identity, access.empty()
                             ? fmt::format("events.users.{}.{}", receiver.text(), audience.name)
                             : access);
}

std::string bus_event(const Event& event, const std::string& cursor, const std::string& tenant,
                      const Node::Identity& node, const Listener& receiver) {
    ASSERT(event.audience);
    const auto& audience = *event.audience;
    const EventMembers data(event);
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.member("name", audience.name);
    json.member("origin_uuid", node.uuid.text());
    json.member("tenant_uuid", tenant);
    json.key("required_acl");
    if (audience.access.empty()) {
        json.null();
    } else {
        json.value(for_receiver(audience.access, receiver.receiver_of(audience)));
    }
    json.member("required_access", "event." + audience.name);
    json.member("timestamp", format_instant(event.time));
    json.member("id", cursor);
    if (is_operation(event)) {
        copy(json, data, "sequence", "sequence");
        copy(json, data, "id", "operation_id");
    } else {
        copy(json, data, "revision", "sequence");
        copy(json, data, "operation_id", "operation_id");
    }
    std::string user_keys;
    if (audience.whole_tenant) user_keys += R"(,"user_uuid:*":true)";
    for (const auto& user : audience.users) {
        user_keys += fmt::format(R"(,"user_uuid:{}":true)", user.text());
    }
    out += user_keys;
    json.key("data");
    if (is_operation(event)) {
        write_progress(json, data);
    } else {
        const auto item = data.find("item");
        json.raw(item.empty() ? "{}" : item);
    }
    json.end_object();
    return out;
}

}  // namespace signalbox::wazo
