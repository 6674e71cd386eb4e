#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox {

struct WebSocketMessage {
    bool is_binary = false;
    std::string payload;  // valid UTF-8 when it is text
};

// Status codes of a close frame (RFC 6455, 7.4.1). Those from 4000 to 4999 are the applications'.
namespace websocket_close {
inline constexpr uint16_t normal = 1000;
inline constexpr uint16_t going_away = 1001;
inline constexpr uint16_t protocol_error = 1002;
inline constexpr uint16_t invalid_payload = 1007;
inline constexpr uint16_t policy_violation = 1008;
inline constexpr uint16_t too_big = 1009;
inline constexpr uint16_t internal_error = 1011;
inline constexpr uint16_t try_again_later = 1013;
}  // namespace websocket_close

// A whole frame from the server, unmasked. What many are sent is encoded once and shared.
using WebSocketFrame = std::shared_ptr<const std::string>;
WebSocketFrame websocket_text(std::string_view text);
WebSocketFrame websocket_binary(std::string_view bytes);
WebSocketFrame websocket_ping();
// The reason is cut to what fits into a frame.
WebSocketFrame websocket_close_frame(uint16_t code, std::string_view reason);

// Turns the bytes that a client sends into messages: fragments are put together, pings are
// answered, text is checked to be UTF-8, and whoever breaks a rule is told by which close code. No
// I/O; one thread at a time. Bounded: it keeps one unfinished message of at most
// `message_bytes_max`, and the messages and answers that the bytes of one call made.
class WebSocketDecoder {
public:
    explicit WebSocketDecoder(size_t message_bytes_max);
    ~WebSocketDecoder();
    WebSocketDecoder(const WebSocketDecoder&) = delete;
    WebSocketDecoder& operator=(const WebSocketDecoder&) = delete;

    // Takes what came next. Not to be called when it is closed.
    void feed(std::string_view bytes);
    // The next whole message, in their order.
    std::optional<WebSocketMessage> take();
    // What is to be sent back: pongs, and a close frame as the last thing.
    std::string take_replies();
    // The client said goodbye or broke a rule: nothing more comes, and the answer to it is the last
    // that is sent.
    [[nodiscard]] bool is_closed() const;
    // What it was closed with, by the client or by us; 1005 when the client did not say.
    [[nodiscard]] uint16_t close_code() const;

private:
    class Implementation;
    const std::unique_ptr<Implementation> implementation_;
};

}  // namespace signalbox
