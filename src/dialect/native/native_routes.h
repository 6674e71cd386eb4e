#pragma once

#include <memory>

#include "dialect/router.h"

// Signalbox's own API, under /api/v1, with problem details for errors (docs/protocol.md).

namespace signalbox::native {

void add_routes(Router& router);

// By resource; add_routes() calls them all.
void add_ticket_routes(Router& router);
void add_line_routes(Router& router);
void add_session_routes(Router& router);
void add_queue_routes(Router& router);

void add_type_routes(Router& router);
// And those for the paths that types declare.
void add_collection_routes(Router& router);
void add_operation_routes(Router& router);

class ClaimWatch;

// Of queues; add_queue_routes() calls them all.
void add_queue_list_routes(Router& router);
void add_message_routes(Router& router, const std::shared_ptr<ClaimWatch>& watch);
void add_claim_routes(Router& router, const std::shared_ptr<ClaimWatch>& watch);
void add_reader_routes(Router& router);
void add_stream_routes(Router& router, const std::shared_ptr<ClaimWatch>& watch);
void add_token_routes(Router& router);

}  // namespace signalbox::native
