#include <memory>

#include <fmt/format.h>

#include "codec/json_writer.h"
#include "dialect/zaqar/admin_input.h"
#include "dialect/zaqar/health_check.h"
#include "dialect/zaqar/zaqar_routes.h"

// Whether the server lives, and whether it does its work.

namespace signalbox::zaqar {
namespace {

Checked<void> ping(const ZaqarCall& call) {
    const auto& node = call.exchange()->frontend().node();
    if (node.is_stopping() || node.partition_of(call.project()).trouble()) {
        return refuse(unavailable("The storage cannot be reached."));
    }
    call.exchange()->respond(empty_response(204));
    return {};
}

// Checks pools one after another, each by the partition that it stands for.
class PoolsCheck : public std::enable_shared_from_this<PoolsCheck> {
public:
    PoolsCheck(ExchangePtr exchange, std::vector<PoolView> pools)
        : exchange_(std::move(exchange)), pools_(std::move(pools)) {}

    void go_on() {
        if (next_ == pools_.size()) {
            document_ += '}';
            return exchange_->respond(json_response(200, std::move(document_)));
        }
        const auto& pool = pools_[next_++];
        document_ += ',';
        append_json_string(document_, pool.name);
        document_ += ':';
        const auto partition = partition_of_uri(pool.uri);
        if (!partition || *partition >= exchange_->frontend().node().partitions().size()) {
            document_ += R"({"storage_reachable":false,"operation_status":{}})";
            return go_on();
        }
        std::make_shared<HealthCheck>(exchange_, *partition,
                                      [self = shared_from_this()](const std::string& document) {
                                          self->document_ += document;
                                          self->go_on();
                                      })
            ->begin();
    }

private:
    const ExchangePtr exchange_;
    const std::vector<PoolView> pools_;
    size_t next_ = 0;
    std::string document_ = R"({"catalog_reachable":true)";
};

Checked<void> health(const ZaqarCall& call) {
    if (auto admin = call.check_admin(); !admin) return admin;
    const ExchangePtr exchange = call.exchange();
    if (call.options().pooling) {
        exchange->ask(catalog_tenant, ListPools{{}, SIZE_MAX}, [exchange](Result<PoolList> list) {
            if (!list) {
                return exchange->respond(json_response(200, R"({"catalog_reachable":false})"));
            }
            std::make_shared<PoolsCheck>(exchange, std::move(list->pools))->go_on();
        });
        return {};
    }
    // What the project's queues are in.
    const auto& partitions = exchange->frontend().node().partitions();
    const auto* own = &exchange->frontend().node().partition_of(call.project());
    size_t index = 0;
    while (partitions[index].get() != own) ++index;
    std::make_shared<HealthCheck>(exchange, index, [exchange](std::string document) {
        exchange->respond(json_response(200, std::move(document)));
    })->begin();
    return {};
}

}  // namespace

void add_health_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/ping", ping);
    routes.add(HttpMethod::head, "/ping", ping);
    if (routes.options().admin_mode) routes.add(HttpMethod::get, "/health", health);
}

}  // namespace signalbox::zaqar
