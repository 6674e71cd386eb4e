#include "dialect/zaqar/websocket_connection.h"
#include "dialect/zaqar/zaqar_routes.h"

// Where the WebSocket transport begins.

namespace signalbox::zaqar {

void add_websocket_routes(RouteTable& routes) {
    for (const auto* path : {"/", "/v2", "/v2/"}) {
        routes.router().add_upgrade(
            Dialect::zaqar, path,
            [options = routes.shared_options()](Call& call) {
                const auto& frontend = call.exchange->frontend();
                const auto handshake =
                    WebSocketHandshake::of(call.request, {frontend.origins(), {}});
                if (!handshake) return call.exchange->respond(handshake.error());
                WebSocketConnection::begin(WebSocketSession::open(call.exchange, *handshake),
                                           options);
            },
            // Who asks is told on it.
            Access::open);
    }
}

}  // namespace signalbox::zaqar
