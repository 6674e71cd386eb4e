#include "codec/websocket_handshake.h"
#include "dialect/native/native_routes.h"
#include "dialect/native/queue_call.h"
#include "dialect/native/queue_streams.h"

// /api/v1/queues/:queue/stream: messages as they come, as server-sent events or on a WebSocket.

namespace signalbox::native {
namespace {

constexpr int64_t window_default = 100;
constexpr Duration stream_ttl_default = std::chrono::minutes(1);
// Claims are renewed about once a second at most.
constexpr Duration stream_ttl_min = std::chrono::seconds(5);

Result<MessageFlow::Request> read_request(const Call& call) {
    MessageFlow::Request request;
    request.tenant = tenant_of(call);
    request.caller = call.exchange->caller();
    request.queue = queue_of(call);
    TRY_AS(auto query, Parameters::of(call.request.query));
    const auto window_max = static_cast<int64_t>(call.exchange->frontend().limits().window_max);
    TRY_AS(const auto window, query.integer("window", 1, window_max));
    TRY_AS(const auto limit, query.integer("limit", 1, INT64_MAX));
    TRY_AS(const auto ttl, query.duration("ttl"));
    TRY_AS(const auto grace, query.duration("grace"));
    TRY(query.only_known());
    request.window = static_cast<size_t>(window.value_or(std::min(window_default, window_max)));
    if (limit) request.limit = static_cast<uint64_t>(*limit);
    request.ttl = ttl.value_or(up_to_max(stream_ttl_default, call));
    request.grace = grace.value_or(up_to_max(claim_grace_default, call));
    const auto ttl_min = up_to_max(stream_ttl_min, call);
    if (request.ttl < ttl_min) {
        return fail(ErrorCode::invalid_argument, "must be at least " + format_duration(ttl_min),
                    "ttl");
    }
    return request;
}

Result<void> stream(const Call& call, const std::shared_ptr<ClaimWatch>& watch) {
    TRY_AS(auto request, read_request(call));
    if (asks_for_websocket(call.request)) {
        open_message_socket(call, watch, std::move(request));
    } else {
        open_event_stream(call, watch, std::move(request));
    }
    return {};
}

}  // namespace

std::string stream_terms(const MessageFlow::Request& request) {
    std::string terms;
    JsonWriter json(terms);
    json.begin_object();
    json.member("window", request.window);
    json.member("ttl", format_duration(request.ttl));
    json.end_object();
    return terms;
}

void add_stream_routes(Router& router, const std::shared_ptr<ClaimWatch>& watch) {
    router.add(Dialect::native, HttpMethod::get, "/api/v1/queues/:queue/stream",
               handler(of_queue([watch](const Call& call) { return stream(call, watch); })),
               Access::change);
}

}  // namespace signalbox::native
