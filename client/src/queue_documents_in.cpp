#include "documents.h"
#include "documents_reading.h"

namespace signalbox::client {
namespace {

// Null when the queue is empty.
std::optional<MessageMark> mark_of(const Json& stats, const char* name) {
    if (!stats.is_object() || !stats.contains(name) || stats.at(name).is_null()) {
        return std::nullopt;
    }
    Members mark(stats.at(name));
    return MessageMark{mark.text("id"), mark.instant("created_at"),
                       mark.milliseconds("age_ms").value_or(Duration::zero())};
}

Result<QueueStats> stats_of(const Json& document) {
    Members members(document);
    QueueStats stats;
    stats.free = members.number("free");
    stats.claimed = members.number("claimed");
    stats.delayed = members.number("delayed");
    stats.total = members.number("total");
    stats.bytes = members.number("bytes");
    stats.claims = members.number("claims");
    stats.posted = members.number("posted");
    stats.waiters = members.number("waiters");
    stats.oldest = mark_of(document, "oldest");
    stats.newest = mark_of(document, "newest");
    stats.json = document.dump();
    return checked(std::move(stats), members, "the figures of a queue");
}

std::optional<Duration> optional_duration(Members& members, const char* name) {
    if (!members.optional_text(name)) return std::nullopt;
    return members.duration(name);
}

Result<QueueSettings> settings_of(const Json& document) {
    Members members(document);
    QueueSettings settings;
    settings.ttl = optional_duration(members, "ttl");
    settings.delay = optional_duration(members, "delay");
    settings.post_bytes_max = members.optional_number("post_bytes_max");
    settings.messages_max = members.optional_number("messages_max");
    settings.bytes_max = members.optional_number("bytes_max");
    settings.dedup_window = optional_duration(members, "dedup_window");
    settings.claims_max = members.optional_number("claims_max");
    settings.dead_letter_queue = members.optional_text("dead_letter_queue");
    settings.dead_letter_ttl = optional_duration(members, "dead_letter_ttl");
    return checked(std::move(settings), members, "the settings of a queue");
}

Result<Queue> queue_of(const Json& document) {
    Members members(document);
    Queue queue;
    queue.name = members.text("name");
    TRY_AS(queue.settings, settings_of(members.object("settings")));
    queue.metadata = members.json("metadata");
    queue.created_at = members.instant("created_at");
    queue.version = members.number("version");
    if (document.is_object() && document.contains("stats")) {
        TRY_AS(queue.stats, stats_of(members.object("stats")));
    }
    queue.json = document.dump();
    return checked(std::move(queue), members, "a queue");
}

Result<Message> message_of(const Json& document) {
    Members members(document);
    Message message;
    message.id = members.text("id");
    message.sequence = members.number("sequence");
    message.created_at = members.instant("created_at");
    message.age = members.milliseconds("age_ms").value_or(Duration::zero());
    message.ttl = members.duration("ttl");
    message.claim_count = members.number("claim_count");
    message.delayed_until = members.optional_instant("delayed_until");
    message.claim = members.text("claim");
    message.priority = static_cast<uint8_t>(members.number("priority"));
    message.group = members.text("group");
    const auto body = document.is_object() ? document.find("body") : document.end();
    if (body != document.end()) message.body = body->dump();
    message.json = document.dump();
    return checked(std::move(message), members, "a message");
}

Result<Reader> reader_of(const Json& document) {
    Members members(document);
    Reader reader;
    reader.reader = members.text("reader");
    reader.sequence = members.number("sequence");
    reader.updated_at = members.instant("updated_at");
    reader.json = document.dump();
    return checked(std::move(reader), members, "a reader");
}

}  // namespace

Result<Queue> read_queue(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return queue_of(document);
}

Result<Page<Queue>> read_queue_page(std::string_view body) {
    return page_of<Queue>(body, "queues", queue_of);
}

Result<QueueStats> read_queue_stats(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return stats_of(document);
}

Result<Posted> read_posted(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    Posted posted;
    for (const auto& id : members.elements("ids")) {
        if (id.is_string()) posted.ids.push_back(id.get<std::string>());
    }
    return checked(std::move(posted), members, "what was posted");
}

Result<Message> read_message(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return message_of(document);
}

Result<Page<Message>> read_message_page(std::string_view body) {
    return page_of<Message>(body, "messages", message_of);
}

Result<Claim> read_claim(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    Claim claim;
    claim.id = members.text("claim");
    if (const auto ttl = optional_duration(members, "ttl")) claim.ttl = *ttl;
    if (const auto expires_at = members.optional_instant("expires_at")) {
        claim.expires_at = *expires_at;
    }
    for (const auto& element : members.elements("messages")) {
        TRY_AS(auto message, message_of(element));
        claim.messages.push_back(std::move(message));
    }
    claim.json = document.dump();
    return checked(std::move(claim), members, "a claim");
}

Result<Reader> read_reader(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return reader_of(document);
}

Result<std::vector<Reader>> read_readers(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    std::vector<Reader> readers;
    for (const auto& element : members.elements("readers")) {
        TRY_AS(auto reader, reader_of(element));
        readers.push_back(std::move(reader));
    }
    return checked(std::move(readers), members, "a list of readers");
}

Result<uint64_t> read_number(std::string_view body, const char* name) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    return checked(members.number(name), members, "the answer");
}

}  // namespace signalbox::client
