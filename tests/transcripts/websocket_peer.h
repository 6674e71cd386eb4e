#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/world.h"

namespace signalbox {

// The client's side of a WebSocket in a conversation. Written for itself, so that the server's
// codec is not tested against itself.
class WebSocketPeer {
public:
    WebSocketPeer(std::shared_ptr<SimConnection> connection, const std::string& target,
                  const std::vector<std::string>& fields);

    void send_text(const std::string& text) { send_frame(0x1, text); }
    void send_binary(const std::string& bytes) { send_frame(0x2, bytes); }
    void send_msgpack(const std::string& json);
    void send_ping(const std::string& text) { send_frame(0x9, text); }
    // "1000 and why", or nothing.
    void send_close(const std::string& text);
    void send_raw(const std::string& bytes) { connection_->send(bytes); }
    SimConnection& connection() { return *connection_; }

    // What has come since: "101", "< text ...", "closed". Binary that is the MessagePack of an
    // object is shown as that object.
    std::vector<std::string> news();
    [[nodiscard]] bool is_over() const { return over_; }

private:
    void send_frame(unsigned opcode, const std::string& payload);
    std::string next_frame();

    std::shared_ptr<SimConnection> connection_;
    std::string received_;
    bool opened_ = false;
    bool over_ = false;
};

// "0a ff" as bytes.
std::string from_hex(const std::string& hex);

}  // namespace signalbox
