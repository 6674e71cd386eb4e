#include "dialect/wazo/wazo_routes.h"

#include "dialect/wazo/wazo_connection.h"

namespace signalbox::wazo {

void add_routes(Router& router) {
    for (const auto* path : {"/api/websocketd", "/api/websocketd/"}) {
        router.add_upgrade(
            Dialect::wazo, path,
            [](Call& call) {
                const auto& frontend = call.exchange->frontend();
                const auto handshake =
                    WebSocketHandshake::of(call.request, {frontend.origins(), {}});
                if (!handshake) return call.exchange->respond(handshake.error());
                WazoConnection::begin(call, *handshake);
            },
            // A refusal is a close code here, and nobody looks at an answer.
            Access::open);
    }
}

}  // namespace signalbox::wazo
