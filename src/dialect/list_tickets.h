#pragma once

#include <functional>
#include <string>

#include "core/ticket_listing.h"
#include "dialect/exchange.h"

namespace signalbox {

// Reads a listing of tickets for an exchange, in slices between which others get their turn.
// `request.tenant` is filled in from `tenant`. `then` is not called when the client goes.
void list_tickets(const ExchangePtr& exchange, const std::string& tenant,
                  TicketListing::Request request, std::function<void(Result<TicketListing*>)> then);

}  // namespace signalbox
