#include "codec/websocket.h"

#include <algorithm>
#include <utility>

#include <wslay/wslay.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/url.h"

namespace signalbox {
namespace {

constexpr size_t control_bytes_max = 125;
constexpr uint8_t fin = 0x80;

void append_frame(std::string& out, uint8_t opcode, std::string_view payload) {
    put_u8(out, fin | opcode);
    // RFC 6455, 5.2: the shortest of the three forms that holds the length.
    if (payload.size() <= control_bytes_max) {
        put_u8(out, static_cast<uint8_t>(payload.size()));
    } else if (payload.size() <= UINT16_MAX) {
        put_u8(out, 126);
        put_u8(out, static_cast<uint8_t>(payload.size() >> 8));
        put_u8(out, static_cast<uint8_t>(payload.size()));
    } else {
        put_u8(out, 127);
        put_u64_be(out, payload.size());
    }
    out += payload;
}

WebSocketFrame frame(uint8_t opcode, std::string_view payload) {
    auto made = std::make_shared<std::string>();
    made->reserve(payload.size() + 10);
    append_frame(*made, opcode, payload);
    return made;
}

std::string close_payload(uint16_t code, std::string_view reason) {
    std::string payload;
    put_u8(payload, static_cast<uint8_t>(code >> 8));
    put_u8(payload, static_cast<uint8_t>(code));
    reason = reason.substr(0, control_bytes_max - payload.size());
    // No character is cut in two: what is cut off begins with none that goes on.
    const auto is_continuation = [](char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; };
    if (reason.size() == control_bytes_max - 2) {
        while (!reason.empty() && is_continuation(reason.back())) reason.remove_suffix(1);
        if (!reason.empty() && (static_cast<uint8_t>(reason.back()) & 0x80) != 0) {
            reason.remove_suffix(1);
        }
    }
    payload += reason;
    return payload;
}

}  // namespace

WebSocketFrame websocket_text(std::string_view text) {
    return frame(WSLAY_TEXT_FRAME, text);
}

WebSocketFrame websocket_binary(std::string_view bytes) {
    return frame(WSLAY_BINARY_FRAME, bytes);
}

WebSocketFrame websocket_ping() {
    return frame(WSLAY_PING, {});
}

WebSocketFrame websocket_close_frame(uint16_t code, std::string_view reason) {
    return frame(WSLAY_CONNECTION_CLOSE, close_payload(code, reason));
}

// wslay parses and checks; what it would buffer piece by piece is kept here instead, as one string,
// because a message of many small fragments would cost it many times its size.
class WebSocketDecoder::Implementation {
public:
    explicit Implementation(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {
        wslay_event_callbacks callbacks{};
        callbacks.recv_callback = give;
        callbacks.send_callback = take_reply;
        callbacks.on_frame_recv_start_callback = frame_began;
        callbacks.on_frame_recv_chunk_callback = take_chunk;
        callbacks.on_msg_recv_callback = message_ended;
        const int made = wslay_event_context_server_init(&context_, &callbacks, this);
        ASSERT(made == 0);
        wslay_event_config_set_no_buffering(context_, 1);
        wslay_event_config_set_max_recv_msg_length(context_, message_bytes_max);
    }
    ~Implementation() { wslay_event_context_free(context_); }
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    void feed(std::string_view bytes) {
        ASSERT(!is_closed);
        input = bytes;
        const int received = wslay_event_recv(context_);
        ASSERT(received == 0 || received == WSLAY_ERR_CALLBACK_FAILURE);
        // wslay leaves the code out when a frame is wrong in itself.
        if (received != 0 && violation_ == 0) violation_ = websocket_close::protocol_error;
        if (violation_ != 0) {
            replies += *websocket_close_frame(violation_, {});
            return end(violation_);
        }
        const int sent = wslay_event_send(context_);
        ASSERT(sent == 0);
        input = {};
        if (wslay_event_get_close_sent(context_) == 0) return;
        end(wslay_event_get_close_received(context_) != 0
                ? wslay_event_get_status_code_received(context_)
                : wslay_event_get_status_code_sent(context_));
    }

    std::string_view input;
    std::string partial;
    std::deque<WebSocketMessage> messages;
    std::string replies;
    bool is_closed = false;
    uint16_t close_code = 0;

private:
    void end(uint16_t code) {
        is_closed = true;
        close_code = code;
        partial = {};
        input = {};
    }

    static Implementation& self(void* pointer) { return *static_cast<Implementation*>(pointer); }

    static ssize_t give(wslay_event_context_ptr context, uint8_t* buffer, size_t size,
                        int /*flags*/, void* pointer) {
        auto& input = self(pointer).input;
        if (input.empty()) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        const auto part = input.substr(0, size);
        std::copy(part.begin(), part.end(), buffer);
        input.remove_prefix(part.size());
        return static_cast<ssize_t>(part.size());
    }

    static ssize_t take_reply(wslay_event_context_ptr /*context*/, const uint8_t* bytes,
                              size_t size, int /*flags*/, void* pointer) {
        self(pointer).replies.append(reinterpret_cast<const char*>(bytes), size);
        return static_cast<ssize_t>(size);
    }

    static void frame_began(wslay_event_context_ptr context,
                            const wslay_event_on_frame_recv_start_arg* start, void* pointer) {
        Implementation& me = self(pointer);
        me.is_control_ = wslay_is_ctrl_frame(start->opcode) != 0;
        // Half a status code, which wslay would take for none (RFC 6455, 5.5.1).
        if (start->opcode == WSLAY_CONNECTION_CLOSE && start->payload_length == 1) {
            me.violation_ = websocket_close::protocol_error;
        }
        // It looks at each fragment by itself, because it does not keep them.
        if (!me.is_control_ && start->payload_length > me.message_bytes_max_ - me.partial.size()) {
            me.violation_ = websocket_close::too_big;
        }
        if (me.violation_ != 0) wslay_event_shutdown_read(context);
    }

    static void take_chunk(wslay_event_context_ptr /*context*/,
                           const wslay_event_on_frame_recv_chunk_arg* chunk, void* pointer) {
        Implementation& me = self(pointer);
        if (me.is_control_ || me.violation_ != 0) return;
        me.partial.append(reinterpret_cast<const char*>(chunk->data), chunk->data_length);
    }

    static void message_ended(wslay_event_context_ptr /*context*/,
                              const wslay_event_on_msg_recv_arg* message, void* pointer) {
        Implementation& me = self(pointer);
        if (me.violation_ != 0) return;
        if (message->opcode == WSLAY_CONNECTION_CLOSE && message->msg_length > 2) {
            // It looks at the reason only when that comes in one piece.
            const std::string_view reason(reinterpret_cast<const char*>(message->msg) + 2,
                                          message->msg_length - 2);
            if (!is_valid_utf8(reason)) me.violation_ = websocket_close::invalid_payload;
        }
        if (wslay_is_ctrl_frame(message->opcode) != 0) return;
        me.messages.push_back(
            {message->opcode == WSLAY_BINARY_FRAME, std::exchange(me.partial, {})});
    }

    const size_t message_bytes_max_;
    wslay_event_context_ptr context_ = nullptr;
    bool is_control_ = false;
    uint16_t violation_ = 0;  // the close code of a rule that was broken
};

WebSocketDecoder::WebSocketDecoder(size_t message_bytes_max)
    : implementation_(std::make_unique<Implementation>(message_bytes_max)) {}

WebSocketDecoder::~WebSocketDecoder() = default;

void WebSocketDecoder::feed(std::string_view bytes) {
    implementation_->feed(bytes);
}

std::optional<WebSocketMessage> WebSocketDecoder::take() {
    auto& messages = implementation_->messages;
    if (messages.empty()) return std::nullopt;
    auto first = std::move(messages.front());
    messages.pop_front();
    return first;
}

std::string WebSocketDecoder::take_replies() {
    return std::exchange(implementation_->replies, {});
}

bool WebSocketDecoder::is_closed() const {
    return implementation_->is_closed;
}

uint16_t WebSocketDecoder::close_code() const {
    return implementation_->close_code;
}

}  // namespace signalbox
