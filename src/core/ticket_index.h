#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>

#include "core/ticket.h"

namespace signalbox {

// The live tickets of a partition, by their UUIDs. Owns them. Core thread.
class TicketIndex {
public:
    TicketIndex() = default;
    TicketIndex(const TicketIndex&) = delete;
    TicketIndex& operator=(const TicketIndex&) = delete;
    ~TicketIndex();

    Ticket& insert(std::unique_ptr<Ticket> ticket);  // its UUID is new
    void erase(Ticket& ticket);                      // destroys it
    // Null when there is none, or when it belongs to somebody else.
    [[nodiscard]] Ticket* find(TenantId tenant, const Uuid& uuid) const;

    [[nodiscard]] size_t size() const { return tickets_.size(); }
    // In no order.
    [[nodiscard]] auto begin() const { return tickets_.begin(); }
    [[nodiscard]] auto end() const { return tickets_.end(); }

private:
    struct ByUuid {
        using is_transparent = void;
        size_t operator()(const Ticket* ticket) const { return hash_value(ticket->record.uuid); }
        size_t operator()(const Uuid& uuid) const { return hash_value(uuid); }
    };
    struct SameUuid {
        using is_transparent = void;
        bool operator()(const Ticket* a, const Ticket* b) const {
            return a->record.uuid == b->record.uuid;
        }
        bool operator()(const Ticket* a, const Uuid& b) const { return a->record.uuid == b; }
        bool operator()(const Uuid& a, const Ticket* b) const { return a == b->record.uuid; }
    };

    boost::unordered_flat_set<Ticket*, ByUuid, SameUuid> tickets_;
};

}  // namespace signalbox
