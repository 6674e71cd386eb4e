#pragma once

#include "dialect/router.h"

// Signalbox's own API, under /api/v1, with problem details for errors (docs/protocol.md).

namespace signalbox::native {

void add_routes(Router& router);

// By resource; add_routes() calls them all.
void add_ticket_routes(Router& router);
void add_line_routes(Router& router);
void add_session_routes(Router& router);

}  // namespace signalbox::native
