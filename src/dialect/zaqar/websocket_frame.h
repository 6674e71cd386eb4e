#pragma once

#include <string>
#include <string_view>

#include "codec/websocket.h"

namespace signalbox::zaqar {

// What is said to a client, JSON, in the kind of frame in which it asked: as text, or as
// MessagePack; an error with status 400 where that cannot say it.
WebSocketFrame frame_of(std::string_view json, bool is_binary);

// The body of an answer that says what is wrong.
std::string error_body(std::string_view error);

}  // namespace signalbox::zaqar
