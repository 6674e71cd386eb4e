#include "dialect/consul/consul_routes.h"

#include "codec/url.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_call.h"

namespace signalbox::consul {
namespace {

HttpResponse route_fault(RouteFault fault, const HttpRequest& request, const std::string& allow) {
    if (fault == RouteFault::bad_path) return text_answer(400, "Invalid path");
    if (fault == RouteFault::not_found) {
        if (auto elsewhere = redirection(request)) return std::move(*elsewhere);
        HttpResponse nothing;
        nothing.status = 404;
        return nothing;
    }
    std::string methods = "OPTIONS";
    for (const char c : "," + allow) {
        if (c != ' ') methods += c;
    }
    HttpResponse response;
    if (request.method != HttpMethod::options) {
        const auto name = http_method_name(request.method);
        response = text_answer(
            405, "method " + std::string(name.empty() ? "of that name" : name) + " not allowed");
    }
    response.fields.emplace_back("Allow", std::move(methods));
    return response;
}

// In Consul's order: the query, its own field, the common one. The first that says something
// counts, as there, whatever the others say.
Result<Credential> consul_credential(const HttpRequest& request, const Options& options) {
    TRY_AS(Credential credential, read_credential(request));
    std::string token;
    if (const auto query = parse_query(request.query)) {
        for (const auto& [name, value] : *query) {
            if (name == "token" && token.empty()) token = value;
        }
    }
    if (token.empty()) token = request.field("X-Consul-Token").value_or("");
    if (token.empty() && credential.token.empty()) token = options.default_token;
    if (token.empty()) return credential;
    credential.kept = std::make_shared<const std::string>(std::move(token));
    credential.token = *credential.kept;
    return credential;
}

}  // namespace

void add_routes(Router& router, const Options& options) {
    RouteTable routes(router, std::make_shared<const Options>(options));
    add_kv_routes(routes);
    add_health_routes(routes);
    add_session_routes(routes);
    add_check_routes(routes);
    add_agent_routes(routes);
    add_catalog_routes(routes);
    add_transaction_routes(routes);
    add_status_routes(routes);
    router.add_faults(Dialect::consul, "v1", route_fault);
    router.set_refusals(Dialect::consul, [](const Error& error, const HttpRequest& /*request*/) {
        return error_answer(error);
    });
    router.set_credentials(Dialect::consul,
                           [shared = routes.options()](const HttpRequest& request) {
                               return consul_credential(request, *shared);
                           });
}

}  // namespace signalbox::consul
