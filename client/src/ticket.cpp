#include "signalbox/client/ticket.h"

#include <utility>

namespace signalbox::client {

std::string_view name_of(TicketStatus status) {
    switch (status) {
        case TicketStatus::queued: return "queued";
        case TicketStatus::active: return "active";
        case TicketStatus::finished: return "finished";
        case TicketStatus::expired: return "expired";
        case TicketStatus::deleted: return "deleted";
    }
    return "unknown";
}

std::optional<TicketStatus> parse_ticket_status(std::string_view name) {
    for (const auto status : {TicketStatus::queued, TicketStatus::active, TicketStatus::finished,
                              TicketStatus::expired, TicketStatus::deleted}) {
        if (name_of(status) == name) return status;
    }
    return std::nullopt;
}

std::string_view name_of(TicketMode mode) {
    return mode == TicketMode::shared ? "shared" : "exclusive";
}

}  // namespace signalbox::client
