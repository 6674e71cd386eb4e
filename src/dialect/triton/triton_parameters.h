#pragma once

#include "core/ticket_commands.h"
#include "core/ticket_listing.h"
#include "dialect/triton/triton_call.h"

// CNAPI's parameters as commands. An error names every field that is wrong, not only the first.

namespace signalbox::triton {

constexpr size_t list_limit_max = 1000;

RestResult<CreateTicket> read_create(const RestCall& call, ServerId server);
RestResult<TicketListing::Request> read_list(const RestCall& call, ServerId server);

struct Page {
    size_t limit = list_limit_max;
    size_t offset = 0;
};
RestResult<Page> read_page(const RestCall& call);

}  // namespace signalbox::triton
