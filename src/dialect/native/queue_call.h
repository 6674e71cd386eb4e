#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/queue_checks.h"
#include "dialect/native/native_call.h"
#include "dialect/native/queue_json.h"

// What the routes of queues have in common.

namespace signalbox::native {

inline constexpr std::string_view lines_content_type = "application/x-ndjson";

inline constexpr size_t page_messages_default = 100;
inline constexpr size_t claim_messages_default = 10;
inline constexpr Duration claim_ttl_default = std::chrono::minutes(5);
inline constexpr Duration claim_grace_default = std::chrono::minutes(1);

// Of the partition that the caller's tenant is in.
const QueueLimits& queue_limits(const Call& call);

// Of messages in one request.
size_t batch_max(const Call& call);

// A default for the ttl or grace of a claim, where the limits may be narrower.
Duration up_to_max(Duration claim_default, const Call& call);

// A handler that is only called for a queue whose name is one.
template <class Handle>
auto of_queue(Handle handle) {
    return [handle](const Call& call) -> Result<void> {
        TRY(check_queue_name(call.parameter("queue"), queue_limits(call)));
        return handle(call);
    };
}

// The queue that the path names.
QueueName queue_of(const Call& call);
std::string queue_path(const QueueName& queue);
// As in a path or a body; errors name the field.
Result<MessageId> parse_message_id(std::string_view text, const std::string& field);
Result<ClaimId> parse_claim_id(std::string_view text, const std::string& field);
// The member `name` as a list of ids; nothing when it is absent.
Result<std::optional<std::vector<MessageId>>> ids_member(JsonMembers& members,
                                                         std::string_view name, size_t count_max);

Result<bool> flag_parameter(Parameters& query, std::string_view name, bool otherwise);

// Whether a body comes, or an answer is wanted, as one JSON value a line.
bool sends_lines(const HttpRequest& request);
bool wants_lines(const HttpRequest& request);

// The number in If-Match, which is an entity tag ("7"); nothing when there is none, or "*".
Result<std::optional<uint64_t>> if_match(const HttpRequest& request);
std::string entity_tag(uint64_t number);

// How messages are shown, one behind the other.
enum class MessageForm : uint8_t {
    view,     // everything that is known of it
    message,  // as it may be posted again
    body
};
struct MessageFormat {
    bool as_lines = false;
    MessageForm form = MessageForm::view;
};
// `form=`, and the Accept field.
Result<MessageFormat> read_format(const HttpRequest& request, Parameters& query);

// The member "messages".
void write_messages(JsonWriter& json, const MessageFormat& format,
                    const std::vector<MessageView>& messages, Instant now);
HttpResponse lines_response(const MessageFormat& format, const std::vector<MessageView>& messages,
                            Instant now);
// 200 {"messages": [...]}, with what `rest` writes behind that; or the messages alone, one a line.
template <class Rest>
HttpResponse messages_response(const MessageFormat& format,
                               const std::vector<MessageView>& messages, Instant now,
                               const Rest& rest) {
    if (format.as_lines) return lines_response(format, messages, now);
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    write_messages(json, format, messages, now);
    rest(json);
    json.end_object();
    return json_response(200, std::move(body));
}

HttpResponse no_content();
// {"<name>": count}
HttpResponse count_response(std::string_view name, uint64_t count);

}  // namespace signalbox::native
