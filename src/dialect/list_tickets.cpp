#include "dialect/list_tickets.h"

#include <memory>

#include "core/tenants.h"

namespace signalbox {
namespace {

constexpr size_t rows_per_slice = 2000;

struct Reading : std::enable_shared_from_this<Reading> {
    Reading(ExchangePtr asker, TicketListing started,
            std::function<void(Result<TicketListing*>)> call)
        : exchange(std::move(asker)), listing(std::move(started)), then(std::move(call)) {}

    void go_on() {
        if (exchange->is_gone()) return;
        const auto complete = listing.read(rows_per_slice);
        if (!complete) return then(fail(complete.error()));
        if (*complete) return then(&listing);
        exchange->frontend().run_later([self = shared_from_this()] { self->go_on(); });
    }

    const ExchangePtr exchange;
    TicketListing listing;
    const std::function<void(Result<TicketListing*>)> then;
};

}  // namespace

void list_tickets(const ExchangePtr& exchange, const std::string& tenant,
                  TicketListing::Request request,
                  std::function<void(Result<TicketListing*>)> then) {
    exchange->expect_lengthy();
    const auto& frontend = exchange->frontend();
    auto snapshot = frontend.node().partition_of(tenant).snapshot();
    const auto id = find_tenant(*snapshot, tenant);
    if (!id) return then(fail(id.error()));
    request.tenant = *id;
    TicketListing listing(std::move(snapshot), std::move(request), frontend.now().wall);
    std::make_shared<Reading>(exchange, std::move(listing), std::move(then))->go_on();
}

}  // namespace signalbox
