#include "app/queue_text.h"

#include <array>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr size_t body_shown_characters = 60;

std::string age_text(const std::optional<client::MessageMark>& mark) {
    return mark ? rough_duration(mark->age) : "";
}

std::string number_text(const std::optional<uint64_t>& number) {
    return number ? grouped(*number) : "";
}

std::string duration_text(const std::optional<Duration>& duration) {
    return duration ? format_duration(*duration) : "";
}

}  // namespace

std::string grouped(uint64_t number) {
    std::string text = std::to_string(number);
    for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
    return text;
}

std::string size_text(uint64_t bytes) {
    static constexpr std::array<const char*, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    auto size = static_cast<double>(bytes);
    while (size >= 1024 && unit + 1 < units.size()) {
        size /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", size, units[unit]);
}

std::string queues_table(const std::vector<client::Queue>& queues, Instant now) {
    Table table({"QUEUE", "FREE", "CLAIMED", "DELAYED", "SIZE", "POSTED", "OLDEST", "CREATED"});
    for (const auto& queue : queues) {
        const auto stats = queue.stats.value_or(client::QueueStats());
        table.add({queue.name, grouped(stats.free), grouped(stats.claimed), grouped(stats.delayed),
                   size_text(stats.bytes), grouped(stats.posted), age_text(stats.oldest),
                   relative_time(queue.created_at, now)});
    }
    return table.text();
}

std::string queue_fields(const client::Queue& queue, Instant now) {
    const auto& settings = queue.settings;
    Fields fields;
    fields.add("queue", queue.name);
    fields.add("created", relative_time(queue.created_at, now));
    fields.add("version", std::to_string(queue.version));
    fields.add("ttl", duration_text(settings.ttl));
    fields.add("delay", duration_text(settings.delay));
    fields.add("post bytes", number_text(settings.post_bytes_max));
    fields.add("messages", number_text(settings.messages_max));
    fields.add("bytes", number_text(settings.bytes_max));
    fields.add("dedup window", duration_text(settings.dedup_window));
    fields.add("claims", number_text(settings.claims_max));
    fields.add("dead letters", settings.dead_letter_queue.value_or(""));
    fields.add("their ttl", duration_text(settings.dead_letter_ttl));
    fields.add("metadata", queue.metadata == "{}" ? "" : queue.metadata);
    return fields.text();
}

std::string stats_fields(const client::QueueStats& stats) {
    Fields fields;
    fields.add("free", grouped(stats.free));
    fields.add("claimed", grouped(stats.claimed));
    fields.add("delayed", grouped(stats.delayed));
    fields.add("total", grouped(stats.total));
    fields.add("size", size_text(stats.bytes));
    fields.add("claims", grouped(stats.claims));
    fields.add("posted", grouped(stats.posted));
    fields.add("waiting", grouped(stats.waiters));
    fields.add("oldest", age_text(stats.oldest));
    fields.add("newest", age_text(stats.newest));
    return fields.text();
}

std::string messages_table(const std::vector<client::Message>& messages, Instant now) {
    Table table({"MESSAGE", "NUMBER", "POSTED", "TTL", "CLAIMS", "CLAIM", "BODY"});
    for (const auto& message : messages) {
        const auto shown = first_characters(message.body, body_shown_characters);
        table.add({message.id, std::to_string(message.sequence),
                   relative_time(message.created_at, now), format_duration(message.ttl),
                   std::to_string(message.claim_count), message.claim,
                   shown.size() < message.body.size() ? std::string(shown) + "..." : message.body});
    }
    return table.text();
}

}  // namespace signalbox
