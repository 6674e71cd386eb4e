#pragma once

#include <memory>
#include <string_view>

#include "dialect/router.h"
#include "dialect/zaqar/zaqar_call.h"

// Zaqar's API v2, and what v1.1 has of it, over HTTP. docs/protocol.md says where we go further
// than the original, and where it failed and we do not.

namespace signalbox::zaqar {

// `options` has a secret key.
void add_routes(Router& router, const Options& options);

// For the files that have the routes.
class RouteTable {
public:
    // Answers the call, unless it fails.
    using AnswerCall = Checked<void> (*)(const ZaqarCall& call);
    enum class Since : uint8_t { v1_1, v2 };

    RouteTable(Router& router, std::shared_ptr<const Options> options)
        : router_(router), options_(std::move(options)) {}

    // `path` is what stands behind "/v2". Of those versions that are served.
    void add(HttpMethod method, std::string_view path, AnswerCall handle,
             Since since = Since::v1_1);
    [[nodiscard]] const Options& options() const { return *options_; }
    [[nodiscard]] const std::shared_ptr<const Options>& shared_options() const { return options_; }
    [[nodiscard]] Router& router() const { return router_; }

private:
    void add_to(Version version, HttpMethod method, std::string_view path, AnswerCall handle);

    Router& router_;
    std::shared_ptr<const Options> options_;
};

void add_message_routes(RouteTable& routes);
void add_claim_routes(RouteTable& routes);
void add_queue_routes(RouteTable& routes);
void add_share_routes(RouteTable& routes);
void add_subscription_routes(RouteTable& routes);
void add_pool_routes(RouteTable& routes);
void add_flavor_routes(RouteTable& routes);
void add_health_routes(RouteTable& routes);
void add_document_routes(RouteTable& routes);
// The WebSocket transport, on upgrades of /, /v2 and /v2/.
void add_websocket_routes(RouteTable& routes);

}  // namespace signalbox::zaqar
