#include "dialect/native/native_routes.h"
#include "dialect/native/queue_call.h"

// /api/v1/queues/:queue/readers: those who read a queue without taking anything from it, each
// with a position that the server keeps. Reading is GET messages?reader=NAME.

namespace signalbox::native {
namespace {

void write_reader(JsonWriter& json, const QueueCursor& cursor) {
    json.begin_object();
    json.member("reader", cursor.reader);
    json.member("sequence", cursor.sequence);
    json.member("updated_at", format_instant(cursor.updated_at));
    json.end_object();
}

HttpResponse reader_response(const QueueCursor& cursor) {
    std::string body;
    JsonWriter json(body);
    write_reader(json, cursor);
    auto response = json_response(200, std::move(body));
    response.fields.emplace_back("ETag", entity_tag(cursor.sequence));
    return response;
}

Result<void> show(const Call& call) {
    ask(call, GetQueueCursor{queue_of(call), call.parameter("reader")}, reader_response);
    return {};
}

// Its position: everything up to there was read. With If-Match, or `if_sequence`, only when it
// stands there, so that of two who read for the same group one learns of the other.
Result<void> put(const Call& call) {
    SetQueueCursor command;
    command.queue = queue_of(call);
    command.reader = call.parameter("reader");
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto sequence, members.integer("sequence", 0, INT64_MAX));
    TRY_AS(const auto if_sequence, members.integer("if_sequence", 0, INT64_MAX));
    TRY(members.only_known());
    if (!sequence) return fail(ErrorCode::invalid_argument, "is required", "sequence");
    TRY_AS(command.if_sequence, if_match(call.request));
    if (if_sequence && command.if_sequence) {
        return fail(ErrorCode::invalid_argument, "and If-Match exclude each other", "if_sequence");
    }
    if (if_sequence) command.if_sequence = static_cast<uint64_t>(*if_sequence);
    command.sequence = static_cast<uint64_t>(*sequence);
    ask(call, std::move(command), reader_response);
    return {};
}

Result<void> remove(const Call& call) {
    ask(call, DeleteQueueCursor{queue_of(call), call.parameter("reader")},
        [](const QueueCursorDeleted& deleted) {
            return deleted.existed ? no_content()
                                   : problem({ErrorCode::not_found, "there is no such reader", {}});
        });
    return {};
}

Result<void> list(const Call& call) {
    ask(call, ListQueueCursors{queue_of(call)}, [](const QueueCursorList& list) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("readers");
        json.begin_array();
        for (const auto& cursor : list.cursors) write_reader(json, cursor);
        json.end_array();
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

}  // namespace

void add_reader_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::get, "/api/v1/queues/:queue/readers", plain_handler(of_queue(list)));
    add(HttpMethod::get, "/api/v1/queues/:queue/readers/:reader", plain_handler(of_queue(show)));
    add(HttpMethod::put, "/api/v1/queues/:queue/readers/:reader", plain_handler(of_queue(put)));
    add(HttpMethod::erase, "/api/v1/queues/:queue/readers/:reader",
        plain_handler(of_queue(remove)));
}

}  // namespace signalbox::native
