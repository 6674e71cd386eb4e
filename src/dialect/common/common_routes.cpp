#include "dialect/common/common_routes.h"

#include <string>

#include "dialect/http_status.h"

namespace signalbox::common {
namespace {

HttpResponse text(uint16_t status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.fields.emplace_back("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

// The process lives and its io threads turn.
void health(Call& call) {
    call.exchange->respond(text(200, "ok\n"));
}

// It makes sense to send requests here.
void ready(Call& call) {
    const Node& node = call.exchange->frontend().node();
    std::string reasons;
    if (node.is_stopping()) reasons += "the server is stopping\n";
    for (const auto& partition : node.partitions()) {
        if (const auto trouble = partition->trouble()) reasons += *trouble + "\n";
    }
    if (reasons.empty()) return call.exchange->respond(text(200, "ready\n"));
    auto response = text(503, reasons);
    response.fields.emplace_back("Retry-After", retry_after_seconds);
    call.exchange->respond(std::move(response));
}

void metrics(Call& call) {
    auto response = text(200, call.exchange->frontend().node().metrics().text());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    call.exchange->respond(std::move(response));
}

}  // namespace

void add_routes(Router& router) {
    for (const auto method : {HttpMethod::get, HttpMethod::head}) {
        router.add(Dialect::common, method, "/healthz", health, Access::open);
        router.add(Dialect::common, method, "/readyz", ready, Access::open);
        router.add(Dialect::common, method, "/metrics", metrics, Access::open);
    }
}

}  // namespace signalbox::common
