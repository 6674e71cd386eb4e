#include "websocket_peer.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

using Json = nlohmann::ordered_json;

const std::string mask = "\x12\x34\x56\x78";
// The example of RFC 6455, and what it says it is answered with.
constexpr auto key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr auto accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string big_endian(size_t number, int bytes) {
    std::string out;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((number >> shift) & 0xff);
    }
    return out;
}

size_t read_big_endian(std::string_view bytes) {
    size_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

std::string binary_text(const std::string& payload) {
    const auto object = Json::from_msgpack(payload, true, false);
    if (object.is_object()) return "< msgpack " + object.dump();
    std::string hex;
    for (const char c : payload) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return "< binary " + hex;
}

std::string close_text(const std::string& payload) {
    if (payload.size() < 2) return "< close";
    const auto reason = payload.substr(2);
    return fmt::format("< close {}{}{}", read_big_endian(payload.substr(0, 2)),
                       reason.empty() ? "" : " ", reason);
}

}  // namespace

std::string from_hex(const std::string& hex) {
    std::string digits;
    for (const char c : hex) {
        if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
    }
    std::string bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

WebSocketPeer::WebSocketPeer(std::shared_ptr<SimConnection> connection, const std::string& target,
                             const std::vector<std::string>& fields)
    : connection_(std::move(connection)) {
    std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nhost: sim\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: {}\r\n",
        target, key);
    for (const auto& field : fields) request += field + "\r\n";
    connection_->send(request + "\r\n");
}

void WebSocketPeer::send_frame(unsigned opcode, const std::string& payload) {
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else {
        const bool is_short = payload.size() < 65536;
        frame += static_cast<char>(0x80 | (is_short ? 126 : 127));
        frame += big_endian(payload.size(), is_short ? 2 : 8);
    }
    frame += mask;
    for (size_t i = 0; i < payload.size(); ++i) {
        frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
    }
    connection_->send(frame);
}

void WebSocketPeer::send_msgpack(const std::string& json) {
    std::string bytes;
    Json::to_msgpack(Json::parse(json), bytes);
    send_binary(bytes);
}

void WebSocketPeer::send_close(const std::string& text) {
    if (text.empty()) return send_frame(0x8, "");
    const size_t space = text.find(' ');
    const auto reason = space == std::string::npos ? std::string() : text.substr(space + 1);
    send_frame(0x8, big_endian(std::stoul(text), 2) + reason);
}

// Empty when there is none that is whole.
std::string WebSocketPeer::next_frame() {
    if (received_.size() < 2) return {};
    const auto first = static_cast<unsigned char>(received_[0]);
    const auto second = static_cast<unsigned char>(received_[1]);
    ASSERT((first & 0xf0) == 0x80);  // whole messages, without extensions
    ASSERT(second < 0x80);           // not masked
    const size_t more = second == 126 ? 2 : second == 127 ? 8 : 0;
    if (received_.size() < 2 + more) return {};
    const size_t size = more == 0 ? second : read_big_endian(received_.substr(2, more));
    if (received_.size() < 2 + more + size) return {};
    const std::string payload = received_.substr(2 + more, size);
    received_.erase(0, 2 + more + size);
    switch (first & 0x0f) {
        case 0x1: return "< text " + payload;
        case 0x2: return binary_text(payload);
        case 0x8: return close_text(payload);
        case 0x9: return payload.empty() ? "< ping" : "< ping " + payload;
        case 0xa: return payload.empty() ? "< pong" : "< pong " + payload;
        default: return fmt::format("< opcode {}", first & 0x0f);
    }
}

std::vector<std::string> WebSocketPeer::news() {
    std::vector<std::string> lines;
    auto& responses = connection_->responses();
    if (!opened_) {
        const auto answer = responses.take();
        if (answer && answer->status == 101) {
            opened_ = true;
            ASSERT(answer->field("sec-websocket-accept") == accept);
            const auto protocol = answer->field("sec-websocket-protocol");
            lines.push_back(protocol.empty() ? "101" : "101 " + protocol);
        } else if (answer) {
            over_ = true;
            std::string body = answer->body;
            while (body.ends_with('\n')) body.pop_back();
            lines.push_back(std::to_string(answer->status) + " " + body);
            return lines;
        }
    }
    if (opened_) received_ += responses.take_rest();
    for (auto frame = next_frame(); !frame.empty(); frame = next_frame()) lines.push_back(frame);
    if (!connection_->is_open()) {
        over_ = true;
        lines.emplace_back("connection closed");
    }
    return lines;
}

}  // namespace signalbox
