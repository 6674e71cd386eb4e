#include "dialect/native/queue_json.h"

#include <algorithm>

#include "codec/json_merge.h"
#include "dialect/native/native_call.h"

namespace signalbox::native {
namespace {

void write_optional(JsonWriter& json, std::string_view name,
                    const std::optional<Duration>& duration) {
    if (duration) json.member(name, format_duration(*duration));
}

template <class Value>
void write_optional(JsonWriter& json, std::string_view name, const std::optional<Value>& value) {
    if (value) json.member(name, *value);
}

void write_settings(JsonWriter& json, const QueueSettings& settings) {
    json.begin_object();
    write_optional(json, "ttl", settings.ttl);
    write_optional(json, "delay", settings.delay);
    write_optional(json, "post_bytes_max", settings.post_bytes_max);
    write_optional(json, "messages_max", settings.messages_max);
    write_optional(json, "bytes_max", settings.bytes_max);
    write_optional(json, "dedup_window", settings.dedup_window);
    write_optional(json, "claims_max", settings.claims_max);
    write_optional(json, "dead_letter_queue", settings.dead_letter_queue);
    write_optional(json, "dead_letter_ttl", settings.dead_letter_ttl);
    write_optional(json, "encrypt", settings.encrypt);
    write_optional(json, "flavor", settings.flavor);
    if (settings.retry_policy) {
        json.key("retry_policy");
        json.raw(*settings.retry_policy);
    }
    json.end_object();
}

void write_mark(JsonWriter& json, std::string_view name, const std::optional<MessageMark>& mark) {
    json.key(name);
    if (!mark) return json.null();
    json.begin_object();
    json.member("id", mark->id.text());
    json.member("created_at", format_instant(mark->created_at));
    json.member("age_ms", mark->age.count());
    json.end_object();
}

}  // namespace

void write_queue(JsonWriter& json, const QueueView& view) {
    json.begin_object();
    json.member("name", view.queue.name);
    json.key("settings");
    json.raw(settings_json(view.settings));
    json.key("metadata");
    json.raw(view.metadata);
    json.member("created_at", format_instant(view.created_at));
    json.member("version", view.version);
    json.end_object();
}

void write_stats_members(JsonWriter& json, const QueueStats& stats) {
    json.member("free", stats.free);
    json.member("claimed", stats.claimed);
    json.member("delayed", stats.delayed);
    json.member("total", stats.total);
    json.member("bytes", stats.bytes);
    json.member("claims", stats.claims);
    json.member("posted", stats.posted);
    json.member("waiters", stats.waiters);
    write_mark(json, "oldest", stats.oldest);
    write_mark(json, "newest", stats.newest);
}

void write_message(JsonWriter& json, const MessageView& view) {
    json.begin_object();
    json.member("id", view.id.text());
    json.member("sequence", view.sequence);
    json.member("created_at", format_instant(view.created_at));
    json.member("age_ms", view.age.count());
    json.member("ttl", format_duration(view.ttl));
    json.member("claim_count", view.claim_count);
    if (view.delayed_until) json.member("delayed_until", format_instant(*view.delayed_until));
    if (view.claim) json.member("claim", view.claim->text());
    if (view.priority != 0) json.member("priority", view.priority);
    if (!view.group.empty()) json.member("group", view.group);
    json.key("body");
    json.raw(view.body);
    json.end_object();
}

void write_postable(JsonWriter& json, const MessageView& view, Instant now) {
    json.begin_object();
    json.key("body");
    json.raw(view.body);
    // In whole seconds, and one that is just ending still has one.
    const auto left = std::chrono::ceil<std::chrono::seconds>(view.ttl - view.age);
    json.member("ttl", format_duration(std::max(left, std::chrono::seconds(1))));
    if (view.delayed_until && *view.delayed_until > now) {
        json.member("deliver_at", format_instant(*view.delayed_until));
    }
    if (view.priority != 0) json.member("priority", view.priority);
    if (!view.group.empty()) json.member("group", view.group);
    json.end_object();
}

Result<QueueSettings> read_settings(const JsonValue& object, std::string path) {
    QueueSettings settings;
    TRY_AS(auto members, JsonMembers::of(object, std::move(path)));
    TRY_AS(settings.ttl, duration_member(members, "ttl"));
    TRY_AS(settings.delay, duration_member(members, "delay"));
    TRY_AS(settings.post_bytes_max, members.integer("post_bytes_max", 1, INT64_MAX));
    TRY_AS(settings.messages_max, members.integer("messages_max", 1, INT64_MAX));
    TRY_AS(settings.bytes_max, members.integer("bytes_max", 1, INT64_MAX));
    TRY_AS(settings.dedup_window, duration_member(members, "dedup_window"));
    TRY_AS(settings.claims_max, members.integer("claims_max", 1, INT64_MAX));
    TRY_AS(settings.dead_letter_queue, members.text("dead_letter_queue"));
    TRY_AS(settings.dead_letter_ttl, duration_member(members, "dead_letter_ttl"));
    TRY_AS(settings.encrypt, members.boolean("encrypt"));
    TRY_AS(settings.flavor, members.text("flavor"));
    TRY_AS(const auto retry_policy, members.object("retry_policy"));
    if (retry_policy) settings.retry_policy = retry_policy->json();
    TRY(members.only_known());
    return settings;
}

std::string settings_json(const QueueSettings& settings) {
    std::string out;
    JsonWriter json(out);
    write_settings(json, settings);
    return out;
}

Result<std::string> merge_patch(std::string_view target, const JsonValue& patch) {
    TRY_AS(const auto document, JsonDocument::parse(target));
    return json_merge_patch(document.root(), patch);
}

void append_one_line(std::string& out, std::string_view json) {
    const size_t begin = out.size();
    out += json;
    for (size_t i = out.find_first_of("\r\n", begin); i != std::string::npos;
         i = out.find_first_of("\r\n", i)) {
        out[i] = ' ';
    }
}

}  // namespace signalbox::native
