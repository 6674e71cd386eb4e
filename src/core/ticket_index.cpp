#include "core/ticket_index.h"

#include "base/assert.h"

namespace signalbox {

TicketIndex::~TicketIndex() {
    for (const Ticket* ticket : tickets_) delete ticket;
}

Ticket& TicketIndex::insert(std::unique_ptr<Ticket> ticket) {
    const bool added = tickets_.insert(ticket.get()).second;
    ASSERT(added);
    return *ticket.release();
}

void TicketIndex::erase(Ticket& ticket) {
    const auto erased = tickets_.erase(&ticket);
    ASSERT(erased == 1);
    delete &ticket;
}

Ticket* TicketIndex::find(TenantId tenant, const Uuid& uuid) const {
    const auto found = tickets_.find(uuid);
    if (found == tickets_.end() || (*found)->record.line->tenant != tenant) return nullptr;
    return *found;
}

}  // namespace signalbox
