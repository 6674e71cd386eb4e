#include <fmt/format.h>

#include "codec/json_writer.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"

// /v1/status: there is one server, and it leads.

namespace signalbox::consul {
namespace {

// Where Consul's servers talk to each other; nothing listens there.
std::string own_peer(const Options& options) {
    return fmt::format("{}:8300", options.address);
}

Result<void> leader(const ConsulCall& call) {
    std::string body;
    append_json_string(body, own_peer(call.options()));
    call.exchange()->respond(json_answer(std::move(body)));
    return {};
}

Result<void> peers(const ConsulCall& call) {
    std::string body;
    JsonWriter json(body);
    json.begin_array();
    json.value(own_peer(call.options()));
    json.end_array();
    call.exchange()->respond(json_answer(std::move(body)));
    return {};
}

}  // namespace

void add_status_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/status/leader", leader);
    routes.add(HttpMethod::get, "/status/peers", peers);
}

}  // namespace signalbox::consul
