#include "dialect/zaqar/websocket_frame.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_writer.h"
#include "codec/msgpack.h"
#include "dialect/zaqar/websocket_request.h"

namespace signalbox::zaqar {
namespace {

// What is answered may hold what others posted.
constexpr MsgpackLimits answer_limits{1200, 256u << 20};

}  // namespace

std::string error_body(std::string_view error) {
    std::string body = R"({"error":)";
    append_json_string(body, error);
    return body + "}";
}

WebSocketFrame frame_of(std::string_view json, bool is_binary) {
    if (!is_binary) return websocket_text(json);
    const auto packed = json_to_msgpack(json, answer_limits);
    if (packed) return websocket_binary(*packed);
    const auto refused = fmt::format(R"({{"request":{},"body":{},"headers":{{"status":400}}}})",
                                     WebSocketRequest().echo(),
                                     error_body("The answer " + packed.error().message + "."));
    const auto told = json_to_msgpack(refused, answer_limits);
    ASSERT(told);
    return websocket_binary(*told);
}

}  // namespace signalbox::zaqar
