#include "dialect/zaqar/zaqar_json.h"

#include <charconv>

#include "codec/digest.h"

namespace signalbox::zaqar {
namespace {

void append_number(std::string& out, int64_t number) {
    char digits[20];
    const auto written = std::to_chars(std::begin(digits), std::end(digits), number);
    out.append(digits, written.ptr);
}

// "2026-01-31T00:00:00Z"
std::string second_text(Instant instant) {
    auto text = format_instant(instant);
    text.resize(text.find('.'));
    return text + "Z";
}

void append_mark(std::string& out, std::string_view name, const MessageMark& mark,
                 std::string_view queue_path) {
    out += ",\"";
    out += name;
    out += R"(":{"href":")";
    out += queue_path;
    out += "/messages/";
    out += mark.id.text();
    out += R"(","age":)";
    append_number(out, whole_seconds(mark.age));
    out += R"(,"created":")";
    out += second_text(mark.created_at);
    out += "\"}";
}

void append_claim_id(std::string& out, const MessageView& message) {
    out += R"("claim_id":)";
    if (message.claim) {
        out += '"';
        out += message.claim->text();
        out += '"';
    } else {
        out += "null";
    }
}

}  // namespace

int64_t whole_seconds(Duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

std::string queue_path(std::string_view version, const QueueName& queue) {
    const std::string_view place = queue.kind == QueueKind::topic ? "/topics/" : "/queues/";
    std::string path;
    path.reserve(1 + version.size() + place.size() + queue.name.size());
    path += '/';
    path += version;
    path += place;
    path += queue.name;
    return path;
}

void append_message(std::string& out, const MessageForm& form, const MessageView& message) {
    const auto id = message.id.text();
    out += R"({"id":")";
    out += id;
    out += R"(","href":")";
    out += form.queue_path;
    out += "/messages/";
    out += id;
    if (message.claim) {
        out += "?claim_id=";
        out += message.claim->text();
    }
    out += R"(","ttl":)";
    append_number(out, whole_seconds(message.ttl));
    out += R"(,"age":)";
    append_number(out, whole_seconds(message.age));
    out += R"(,"body":)";
    out += message.body;
    if (form.checksum) {
        out += R"(,"checksum":"MD5:)";
        out += md5_hex(message.body);
        out += '"';
    }
    out += '}';
}

void append_messages(std::string& out, const MessageForm& form,
                     const std::vector<MessageView>& messages) {
    bool is_first = true;
    for (const auto& message : messages) {
        if (!is_first) out += ',';
        is_first = false;
        append_message(out, form, message);
    }
}

void append_popped_message(std::string& out, const MessageView& message) {
    out += R"({"id":")";
    out += message.id.text();
    out += R"(","age":)";
    append_number(out, whole_seconds(message.age));
    out += R"(,"ttl":)";
    append_number(out, whole_seconds(message.ttl));
    out += R"(,"body":)";
    out += message.body;
    out += ',';
    append_claim_id(out, message);
    out += R"(,"claim_count":)";
    append_number(out, message.claim_count);
    out += '}';
}

void append_listed_message(std::string& out, const MessageView& message) {
    out += R"({"id":")";
    out += message.id.text();
    out += "\",";
    append_claim_id(out, message);
    out += R"(,"ttl":)";
    append_number(out, whole_seconds(message.ttl));
    out += R"(,"age":)";
    append_number(out, whole_seconds(message.age));
    out += R"(,"body":)";
    out += message.body;
    out += '}';
}

std::string stats_text(const QueueStats& stats, QueueKind kind, std::string_view queue_path) {
    std::string out = R"({"messages":{)";
    if (kind == QueueKind::queue) {
        out += R"("claimed":)";
        append_number(out, static_cast<int64_t>(stats.claimed));
        // Those that are delayed are not claimed, and there is no third word.
        out += R"(,"free":)";
        append_number(out, static_cast<int64_t>(stats.free + stats.delayed));
        out += ',';
    }
    out += R"("total":)";
    append_number(out, static_cast<int64_t>(stats.total));
    if (stats.oldest) append_mark(out, "oldest", *stats.oldest, queue_path);
    if (stats.newest) append_mark(out, "newest", *stats.newest, queue_path);
    out += "}}";
    return out;
}

}  // namespace signalbox::zaqar
