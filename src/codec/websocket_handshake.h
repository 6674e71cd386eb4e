#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "codec/http_message.h"

namespace signalbox {

// Who may open a WebSocket, and what is spoken on it.
struct WebSocketPolicy {
    // Pages of these origins may connect ("https://console.example"), beside those of the server's
    // own host; "*": all may. A client that names no origin is no browser, and no page can have
    // sent it here.
    std::vector<std::string> origins;
    // Of which the first that the client names is chosen.
    std::vector<std::string> subprotocols;
};

// Whether the client asks for the connection to become a WebSocket, rightly or not.
bool asks_for_websocket(const HttpRequest& request);

// The opening handshake of RFC 6455, from the server's side. No I/O.
struct WebSocketHandshake {
    std::string accept;       // what the client's key is answered with
    std::string subprotocol;  // empty: none was agreed on

    // Fails with the answer that refuses it.
    static tl::expected<WebSocketHandshake, HttpResponse> of(const HttpRequest& request,
                                                             const WebSocketPolicy& policy);
    // 101, behind which come frames.
    [[nodiscard]] HttpResponse response() const;
};

}  // namespace signalbox
