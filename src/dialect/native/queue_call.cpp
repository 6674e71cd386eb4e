#include "dialect/native/queue_call.h"

#include <algorithm>

#include <fmt/format.h>

#include "codec/url.h"

namespace signalbox::native {
namespace {

// "application/x-ndjson; charset=utf-8", or one of several in a list.
bool names_lines(std::string_view text) {
    return text.find(lines_content_type) != std::string_view::npos;
}

void write_one(JsonWriter& json, MessageForm form, const MessageView& view, Instant now) {
    switch (form) {
        case MessageForm::view: return write_message(json, view);
        case MessageForm::message: return write_postable(json, view, now);
        case MessageForm::body: return json.raw(view.body);
    }
}

}  // namespace

QueueName queue_of(const Call& call) {
    return {QueueKind::queue, call.parameter("queue")};
}

const QueueLimits& queue_limits(const Call& call) {
    return call.exchange->frontend().node().partition_of(tenant_of(call)).limits().queue;
}

size_t batch_max(const Call& call) {
    return queue_limits(call).messages_per_answer_max;
}

Duration up_to_max(Duration claim_default, const Call& call) {
    return std::min(claim_default, queue_limits(call).claim_ttl_max);
}

std::string queue_path(const QueueName& queue) {
    return "/api/v1/queues/" + percent_encode(queue.name);
}

Result<MessageId> parse_message_id(std::string_view text, const std::string& field) {
    if (const auto id = MessageId::parse(text)) return *id;
    return fail(ErrorCode::invalid_argument, "must be the id of a message", field);
}

Result<ClaimId> parse_claim_id(std::string_view text, const std::string& field) {
    if (const auto id = ClaimId::parse(text)) return *id;
    return fail(ErrorCode::invalid_argument, "must be the id of a claim", field);
}

Result<std::optional<std::vector<MessageId>>> ids_member(JsonMembers& members,
                                                         std::string_view name, size_t count_max) {
    TRY_AS(const auto list, members.array(name));
    if (!list) return std::optional<std::vector<MessageId>>();
    const auto path = members.path(name);
    if (list->empty()) return fail(ErrorCode::invalid_argument, "must not be empty", path);
    if (list->size() > count_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("must not be more than {} in one request", count_max), path);
    }
    std::vector<MessageId> ids;
    ids.reserve(list->size());
    for (size_t i = 0; i < list->size(); ++i) {
        TRY_AS(const auto id,
               parse_message_id((*list)[i].text().value_or(""), fmt::format("{}[{}]", path, i)));
        ids.push_back(id);
    }
    return std::optional(std::move(ids));
}

Result<bool> flag_parameter(Parameters& query, std::string_view name, bool otherwise) {
    const auto text = query.text(name);
    if (!text) return otherwise;
    if (*text == "true") return true;
    if (*text == "false") return false;
    return fail(ErrorCode::invalid_argument, "must be true or false", std::string(name));
}

bool sends_lines(const HttpRequest& request) {
    return names_lines(request.field("content-type").value_or(""));
}

bool wants_lines(const HttpRequest& request) {
    return names_lines(request.field("accept").value_or(""));
}

Result<std::optional<uint64_t>> if_match(const HttpRequest& request) {
    auto text = request.field("if-match").value_or("*");
    if (text == "*") return std::optional<uint64_t>();
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
        text = text.substr(1, text.size() - 2);
    }
    const auto number = parse_integer(text, 0, INT64_MAX, "If-Match");
    if (!number) {
        return fail(ErrorCode::invalid_argument, "must be an ETag from an earlier answer",
                    "If-Match");
    }
    return std::optional(static_cast<uint64_t>(*number));
}

std::string entity_tag(uint64_t number) {
    return fmt::format("\"{}\"", number);
}

Result<MessageFormat> read_format(const HttpRequest& request, Parameters& query) {
    MessageFormat format;
    format.as_lines = wants_lines(request);
    const auto form = query.text("form").value_or("view");
    if (form == "message") {
        format.form = MessageForm::message;
    } else if (form == "body") {
        format.form = MessageForm::body;
    } else if (form != "view") {
        return fail(ErrorCode::invalid_argument, "must be view, message or body", "form");
    }
    return format;
}

void write_messages(JsonWriter& json, const MessageFormat& format,
                    const std::vector<MessageView>& messages, Instant now) {
    json.key("messages");
    json.begin_array();
    for (const auto& view : messages) write_one(json, format.form, view, now);
    json.end_array();
}

HttpResponse lines_response(const MessageFormat& format, const std::vector<MessageView>& messages,
                            Instant now) {
    HttpResponse response;
    response.content_type = std::string(lines_content_type);
    std::string line;
    for (const auto& view : messages) {
        line.clear();
        JsonWriter json(line);
        write_one(json, format.form, view, now);
        append_one_line(response.body, line);
        response.body += '\n';
    }
    return response;
}

HttpResponse no_content() {
    HttpResponse response;
    response.status = 204;
    return response;
}

HttpResponse count_response(std::string_view name, uint64_t count) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.member(name, count);
    json.end_object();
    return json_response(200, std::move(body));
}

}  // namespace signalbox::native
