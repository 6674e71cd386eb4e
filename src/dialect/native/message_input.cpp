#include "dialect/native/message_input.h"

#include <fmt/format.h>

namespace signalbox::native {
namespace {

constexpr int64_t priority_max = 9;
constexpr std::string_view white_space = " \t\r";

Result<void> check_times(const NewMessage& message, const std::string& delay_path) {
    if (message.delay && message.deliver_at) {
        return fail(ErrorCode::invalid_argument, "and deliver_at exclude each other", delay_path);
    }
    return {};
}

Result<Instant> read_instant(const std::string& text, const std::string& path) {
    const auto at = parse_instant(text);
    if (!at) return fail(ErrorCode::invalid_argument, at.error().message, path);
    return *at;
}

// A body may be null, which the other members read as absent.
Result<std::string> read_body(const JsonValue& object, JsonMembers& members) {
    (void)members.value("body");
    for (const auto& [name, value] : object.members()) {
        if (name == "body") return value.json();
    }
    return fail(ErrorCode::invalid_argument, "is required", members.path("body"));
}

Result<NewMessage> read_message(const JsonValue& object, std::string path) {
    NewMessage message;
    TRY_AS(auto members, JsonMembers::of(object, std::move(path)));
    TRY_AS(message.body, read_body(object, members));
    TRY_AS(message.ttl, duration_member(members, "ttl"));
    TRY_AS(message.delay, duration_member(members, "delay"));
    TRY_AS(const auto deliver_at, members.text("deliver_at"));
    if (deliver_at) {
        TRY_AS(message.deliver_at, read_instant(*deliver_at, members.path("deliver_at")));
    }
    TRY(check_times(message, members.path("delay")));
    TRY_AS(const auto group, members.text("group"));
    message.group = group.value_or("");
    TRY_AS(const auto priority, members.integer("priority", 0, priority_max));
    message.priority = static_cast<uint8_t>(priority.value_or(0));
    TRY_AS(const auto dedup, members.text("dedup"));
    message.dedup = dedup.value_or("");
    TRY(members.only_known());
    return message;
}

Result<void> check_count(size_t count, size_t count_max) {
    if (count == 0) {
        return fail(ErrorCode::invalid_argument, "must not be empty", "messages");
    }
    if (count > count_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("must not be more than {} in one request", count_max), "messages");
    }
    return {};
}

std::string_view trimmed(std::string_view line) {
    const size_t begin = line.find_first_not_of(white_space);
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(white_space) + 1 - begin);
}

Result<NewMessage> read_line(std::string_view line, LineForm form, const NewMessage& common,
                             const std::string& path) {
    const auto document = JsonDocument::parse(line);
    if (!document) return fail(document.error().code, document.error().message, path);
    if (form == LineForm::message) return read_message(document->root(), path + ".");
    NewMessage message = common;
    message.body = line;
    return message;
}

}  // namespace

Result<std::vector<NewMessage>> read_messages(const JsonValue& root, size_t count_max) {
    TRY_AS(auto members, JsonMembers::of(root));
    TRY_AS(const auto list, members.array("messages"));
    std::vector<NewMessage> messages;
    if (!list) {
        TRY_AS(auto message, read_message(root, {}));
        messages.push_back(std::move(message));
        return messages;
    }
    TRY(members.only_known());
    TRY(check_count(list->size(), count_max));
    for (size_t i = 0; i < list->size(); ++i) {
        TRY_AS(auto message, read_message((*list)[i], fmt::format("messages[{}].", i)));
        messages.push_back(std::move(message));
    }
    return messages;
}

Result<std::vector<NewMessage>> read_message_lines(std::string_view text, LineForm form,
                                                   const NewMessage& common, size_t count_max) {
    std::vector<NewMessage> messages;
    size_t number = 0;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.empty()) continue;
        TRY(check_count(messages.size() + 1, count_max));
        TRY_AS(auto message, read_line(line, form, common, fmt::format("lines[{}]", number - 1)));
        messages.push_back(std::move(message));
    }
    TRY(check_count(messages.size(), count_max));
    return messages;
}

Result<NewMessage> read_common(Parameters& query) {
    NewMessage common;
    TRY_AS(common.ttl, query.duration("ttl"));
    TRY_AS(common.delay, query.duration("delay"));
    if (const auto at = query.text("deliver_at")) {
        TRY_AS(common.deliver_at, read_instant(*at, "deliver_at"));
    }
    TRY(check_times(common, "delay"));
    common.group = query.text("group").value_or("");
    TRY_AS(const auto priority, query.integer("priority", 0, priority_max));
    common.priority = static_cast<uint8_t>(priority.value_or(0));
    return common;
}

}  // namespace signalbox::native
