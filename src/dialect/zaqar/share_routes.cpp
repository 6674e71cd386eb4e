#include "codec/json_writer.h"
#include "dialect/zaqar/signed_url.h"
#include "dialect/zaqar/zaqar_routes.h"

// Access to the paths of a queue for somebody who has nothing but a signature.

namespace signalbox::zaqar {
namespace {

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& list) {
    json.key(name);
    json.begin_array();
    for (const auto& element : list) json.value(element);
    json.end_array();
}

Checked<void> share(const ZaqarCall& call) {
    const auto access = read_share(call.request().body, call.queue_path(), call.project(),
                                   call.exchange()->frontend().now().wall);
    if (!access) return refuse(access.error());
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    write_list(json, "paths", access->paths);
    write_list(json, "methods", access->methods);
    json.member("project", access->project);
    json.member("expires", access->expires);
    json.member("signature", access->signature(call.options().secret_key));
    json.end_object();
    call.exchange()->respond(json_response(200, std::move(body)));
    return {};
}

}  // namespace

void add_share_routes(RouteTable& routes) {
    routes.add(HttpMethod::post, "/queues/:queue/share", share, RouteTable::Since::v2);
}

}  // namespace signalbox::zaqar
