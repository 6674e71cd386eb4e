#pragma once

#include "dialect/consul/consul_call.h"

// Consul's HTTP API below /v1, the part of it that its clients use: keys and values, sessions, the
// agent's registrations, catalog, health, status and transactions. docs/protocol.md says what is
// there and where it differs from the original.

namespace signalbox::consul {

void add_routes(Router& router, const Options& options);

// By family; add_routes() calls them all.
void add_kv_routes(RouteTable& routes);
void add_transaction_routes(RouteTable& routes);
void add_session_routes(RouteTable& routes);
void add_agent_routes(RouteTable& routes);
void add_check_routes(RouteTable& routes);
void add_catalog_routes(RouteTable& routes);
void add_health_routes(RouteTable& routes);
void add_status_routes(RouteTable& routes);

}  // namespace signalbox::consul
