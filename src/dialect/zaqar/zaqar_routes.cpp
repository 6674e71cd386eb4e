#include "dialect/zaqar/zaqar_routes.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "dialect/zaqar/confirmation_page.h"
#include "dialect/zaqar/signed_url.h"
#include "dialect/zaqar/zaqar_checks.h"

namespace signalbox::zaqar {
namespace {

// "/v2/queues/NAME/..." -> NAME; nothing for paths of other things.
std::optional<QueueName> queue_in(std::string_view path) {
    path.remove_prefix(std::min(path.find('/', 1), path.size()));
    for (const auto kind : {QueueKind::queue, QueueKind::topic}) {
        const std::string_view place = kind == QueueKind::topic ? "/topics/" : "/queues/";
        if (!path.starts_with(place)) continue;
        path.remove_prefix(place.size());
        auto name = percent_decode(path.substr(0, path.find('/')));
        // What cannot be decoded is no name either.
        return QueueName{kind, name ? std::move(*name) : std::string()};
    }
    return std::nullopt;
}

// Everything else about a request is looked at before its method is.
HttpResponse wrong_method(const HttpRequest& request, const std::string& allow,
                          const Options& options) {
    if (request.method == HttpMethod::options) {
        auto response = empty_response(200);
        response.fields.emplace_back("Allow", allow);
        return response;
    }
    std::string client;
    const auto project = request.field("x-project-id").value_or("");
    const bool is_authenticated = request.field("x-auth-token") || request.field("authorization");
    if (const auto checked = RequestChecks{request, options, is_authenticated}.check(client);
        !checked) {
        return render(checked.error());
    }
    if (const auto queue = queue_in(request.path)) {
        if (const auto checked = check_queue(*queue, project, options); !checked) {
            return render(checked.error());
        }
    }
    auto response = render({405, "405 Method Not Allowed", {}});
    response.fields.emplace_back("Allow", allow);
    return response;
}

HttpResponse route_fault(RouteFault fault, const HttpRequest& request, const std::string& allow,
                         const Options& options) {
    switch (fault) {
        case RouteFault::not_found: return render(no_such_route());
        case RouteFault::bad_path: return render(no_such_route());
        case RouteFault::method_not_allowed: return wrong_method(request, allow, options);
    }
    ASSERT(false);
}

HttpResponse not_let_in(const Error& error) {
    // A signature that is not good; see set_proofs().
    if (error.code == ErrorCode::not_found) return render(no_such_route());
    // Those that name a field are not the original's.
    if (error.code == ErrorCode::forbidden && error.field.empty()) return render(forbidden());
    return render(fault_of(error));
}

// Zaqar's clients take a status that they do not know, such as 413, for success.
HttpResponse unreadable(const HttpRefusal& refusal, std::string_view path, const Options& options) {
    constexpr size_t too_many = SIZE_MAX;
    const bool is_too_large = refusal.status == 413 && queue_in(path);
    if (is_too_large && path.ends_with("/messages")) {
        return render(check_post_bytes(too_many, options.limits).error());
    }
    // "/v2/queues/NAME"
    if (is_too_large && std::count(path.begin(), path.end(), '/') == 3) {
        return render(check_metadata_bytes(too_many, options.limits).error());
    }
    return render(invalid_request(fmt::format("The request cannot be read: {}.", refusal.reason)));
}

}  // namespace

void RouteTable::add_to(Version version, HttpMethod method, std::string_view path,
                        AnswerCall handle) {
    std::string pattern = "/";
    pattern += version_text(version);
    pattern += path;
    router_.add(Dialect::zaqar, method, pattern, [options = options_, version, handle](Call& call) {
        const auto zaqar = ZaqarCall::of(call, version, options);
        if (!zaqar) return call.exchange->respond(render(zaqar.error()));
        if (const auto done = handle(*zaqar); !done) call.exchange->respond(render(done.error()));
    });
}

void RouteTable::add(HttpMethod method, std::string_view path, AnswerCall handle, Since since) {
    add_to(Version::v2, method, path, handle);
    if (since == Since::v1_1 && options_->v1_1) add_to(Version::v1_1, method, path, handle);
}

void add_routes(Router& router, const Options& options) {
    RouteTable routes(router, std::make_shared<const Options>(options));
    // Those that are asked for most come first: routes are tried in their order.
    add_message_routes(routes);
    add_claim_routes(routes);
    add_queue_routes(routes);
    add_share_routes(routes);
    add_subscription_routes(routes);
    add_health_routes(routes);
    if (options.admin_mode && options.pooling) {
        add_pool_routes(routes);
        add_flavor_routes(routes);
    }
    add_confirmation_page(routes);
    add_document_routes(routes);
    add_websocket_routes(routes);
    const auto shared = routes.shared_options();
    for (const auto* segment : {"v2", "v1.1", "v1"}) {
        router.add_faults(
            Dialect::zaqar, segment,
            [shared](RouteFault fault, const HttpRequest& request, const std::string& allow) {
                return route_fault(fault, request, allow, *shared);
            });
    }
    router.set_refusals(Dialect::zaqar, [](const Error& error, const HttpRequest& /*request*/) {
        return not_let_in(error);
    });
    router.set_unreadable(Dialect::zaqar,
                          [shared](const HttpRefusal& refusal, std::string_view path) {
                              return unreadable(refusal, path, *shared);
                          });
    router.set_proofs(
        Dialect::zaqar, [shared](const HttpRequest& request, const Exchange& exchange) {
            return prove_by_signature(request, *shared, exchange.frontend().now().wall);
        });
}

}  // namespace signalbox::zaqar
