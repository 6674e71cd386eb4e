#pragma once

#include "dialect/router.h"

// What clients of Wazo expect: the WebSocket of wazo-websocketd, under /api/websocketd
// (docs/protocol.md).

namespace signalbox::wazo {

void add_routes(Router& router);

}  // namespace signalbox::wazo
