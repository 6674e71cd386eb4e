#include "dialect/zaqar/websocket_request.h"

#include <algorithm>
#include <array>
#include <span>

#include "codec/json_reader.h"
#include "codec/json_text.h"
#include "dialect/zaqar/message_input.h"

namespace signalbox::zaqar {
namespace {

struct Field {
    std::string_view name;
    JsonKind kind;
    bool is_required = false;
};

struct Schema {
    std::string_view action;
    std::vector<Field> body;  // empty: none is needed
    bool authenticates = false;
};

constexpr Field queue{"queue_name", JsonKind::text, true};
constexpr Field message{"message_id", JsonKind::text, true};
constexpr Field claim{"claim_id", JsonKind::text, true};
constexpr Field subscription{"subscription_id", JsonKind::text, true};
constexpr Field limit{"limit", JsonKind::number};
constexpr Field ttl{"ttl", JsonKind::number};
constexpr Field grace{"grace", JsonKind::number};
constexpr Field marker{"marker", JsonKind::text};

const std::vector<Schema>& schemas() {
    static const std::vector<Schema> list{
        {"authenticate", {}, true},
        {"queue_list", {marker, limit, {"detailed", JsonKind::boolean}}},
        {"queue_create", {queue}},
        {"queue_delete", {queue}},
        {"queue_get", {queue}},
        {"queue_get_stats", {queue}},
        {"queue_purge", {queue, {"resource_types", JsonKind::array}}},
        {"message_list",
         {queue,
          marker,
          limit,
          {"echo", JsonKind::boolean},
          {"include_claimed", JsonKind::boolean},
          {"include_delayed", JsonKind::boolean}}},
        {"message_get", {queue, message}},
        {"message_get_many", {queue, {"message_ids", JsonKind::array, true}}},
        {"message_post", {queue, {"messages", JsonKind::array, true}}},
        {"message_delete", {queue, message, {"claim_id", JsonKind::text}}},
        {"message_delete_many",
         {queue,
          {"message_ids", JsonKind::array},
          {"pop", JsonKind::number},
          {"claim_ids", JsonKind::array}}},
        {"claim_create", {queue, limit, ttl, grace}},
        {"claim_get", {queue, claim}},
        {"claim_update", {queue, claim, ttl, grace}},
        {"claim_delete", {queue, claim}},
        {"subscription_create",
         {queue, {"subscriber", JsonKind::text}, ttl, {"options", JsonKind::object}}},
        {"subscription_list", {queue}},
        {"subscription_get", {queue, subscription}},
        {"subscription_delete", {queue, subscription}},
    };
    return list;
}

constexpr std::array header_types{
    Field{"User-Agent", JsonKind::text},    Field{"Date", JsonKind::text},
    Field{"Accept", JsonKind::text},        Field{"Client-ID", JsonKind::text},
    Field{"X-Project-ID", JsonKind::text},  Field{"X-Auth-Token", JsonKind::text},
    Field{"URL-Signature", JsonKind::text}, Field{"URL-Expires", JsonKind::text},
    Field{"URL-Methods", JsonKind::array},  Field{"URL-Paths", JsonKind::array},
};

bool is_of(JsonKind kind, const std::string& written) {
    if (JsonTextReader(written).kind() != kind) return false;
    // The only numbers that are asked for are whole ones.
    return kind != JsonKind::number || json_integer(written);
}

std::optional<std::vector<std::string>> texts_of(const std::string& written) {
    const auto document = JsonDocument::parse(written);
    if (!document || document->root().kind() != JsonKind::array) return std::nullopt;
    std::vector<std::string> texts;
    for (const auto& element : document->root().elements()) {
        const auto text = element.text();
        if (!text) return std::nullopt;
        texts.emplace_back(*text);
    }
    return texts;
}

// The members of an object, as they are written.
template <class Visit>
void each_member(std::string_view object, const Visit& visit) {
    JsonTextReader reader(object);
    reader.enter();
    while (const auto name = reader.next_member()) visit(*name, reader.take());
}

}  // namespace

std::vector<WebSocketRequest::Member> WebSocketRequest::members_of(std::string_view object) {
    std::vector<Member> members;
    each_member(object, [&](std::string_view name, std::string_view value) {
        members.push_back({std::string(name), std::string(value)});
    });
    return members;
}

// Of a name given twice the last value counts.
const std::string* WebSocketRequest::find(const std::vector<Member>& members,
                                          std::string_view name) {
    const auto found = std::find_if(members.rbegin(), members.rend(), [&](const auto& member) {
        return is_json_name(member.name, name);
    });
    return found == members.rend() ? nullptr : &found->value;
}

tl::expected<WebSocketRequest, std::string> WebSocketRequest::parse(std::string text) {
    if (const auto checked = check_json(text); !checked) {
        return tl::unexpected(checked.error().description);
    }
    if (JsonTextReader(text).kind() != JsonKind::object) {
        return tl::unexpected(std::string("A request must be an object."));
    }
    WebSocketRequest request;
    each_member(text, [&](std::string_view name, std::string_view value) {
        if (is_json_name(name, "action")) {
            request.action_text_ = value;
        } else if (is_json_name(name, "headers")) {
            request.headers_text_ = value;
            request.has_headers_ = true;
        } else if (is_json_name(name, "body")) {
            request.body_ = value;
            request.has_body_ = true;
        }
    });
    if (request.action_text_ != "null") {
        request.action_ = json_string(request.action_text_).value_or(request.action_text_);
    }
    if (is_of(JsonKind::object, request.headers_text_)) {
        request.headers_ = members_of(request.headers_text_);
    }
    if (is_of(JsonKind::object, request.body_)) request.members_ = members_of(request.body_);
    return request;
}

std::optional<bool> WebSocketRequest::keeps_schema() const {
    const auto schema = std::find_if(schemas().begin(), schemas().end(),
                                     [&](const auto& each) { return each.action == action_; });
    if (schema == schemas().end() || JsonTextReader(action_text_).kind() != JsonKind::text) {
        return std::nullopt;
    }
    if (!has_headers_ || !is_of(JsonKind::object, headers_text_)) return false;
    const auto fits = [](const std::vector<Member>& members, const Field& field) {
        const auto* value = find(members, field.name);
        return value == nullptr ? !field.is_required : is_of(field.kind, *value);
    };
    const bool has_types = std::all_of(header_types.begin(), header_types.end(),
                                       [&](const auto& field) { return fits(headers_, field); });
    const auto* second = schema->authenticates ? "X-Auth-Token" : "Client-ID";
    if (!has_types || find(headers_, "X-Project-ID") == nullptr ||
        find(headers_, second) == nullptr) {
        return false;
    }
    if (has_body_ && !is_of(JsonKind::object, body_)) return false;
    return std::all_of(schema->body.begin(), schema->body.end(),
                       [&](const auto& field) { return fits(members_, field); });
}

std::optional<std::string> WebSocketRequest::header(std::string_view name) const {
    const auto* value = find(headers_, name);
    return value == nullptr ? std::nullopt : json_string(*value);
}

std::vector<std::string> WebSocketRequest::header_list(std::string_view name) const {
    const auto* value = find(headers_, name);
    return value == nullptr ? std::vector<std::string>()
                            : texts_of(*value).value_or(std::vector<std::string>());
}

std::optional<std::string> WebSocketRequest::text(std::string_view name) const {
    const auto* value = find(members_, name);
    return value == nullptr ? std::nullopt : json_string(*value);
}

std::optional<int64_t> WebSocketRequest::integer(std::string_view name) const {
    const auto* value = find(members_, name);
    return value == nullptr ? std::nullopt : json_integer(*value);
}

bool WebSocketRequest::flag(std::string_view name) const {
    return member(name) == "true";
}

std::optional<std::vector<std::string>> WebSocketRequest::list(std::string_view name) const {
    const auto* value = find(members_, name);
    return value == nullptr ? std::nullopt : texts_of(*value);
}

std::string WebSocketRequest::member(std::string_view name) const {
    const auto* value = find(members_, name);
    return value == nullptr || *value == "null" ? std::string() : *value;
}

std::string WebSocketRequest::echo() const {
    std::string out = R"({"action":)";
    out += action_text_;
    out += R"(,"body":)";
    out += body_;
    out += R"(,"headers":)";
    out += headers_text_ == "null" ? "{}" : headers_text_;
    out += R"(,"api":"v2"})";
    return out;
}

}  // namespace signalbox::zaqar
