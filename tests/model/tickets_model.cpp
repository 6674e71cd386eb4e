#include "tickets_model.h"

#include <algorithm>
#include <tuple>

namespace signalbox {
namespace {

bool stands_in(const TicketsModel::Ticket& ticket, const std::string& line) {
    return std::find(ticket.lines.begin(), ticket.lines.end(), line) != ticket.lines.end();
}

}  // namespace

size_t TicketsModel::create(Ticket ticket, int64_t now_ms) {
    pass_time(now_ms);
    ticket.number = tickets_.size();
    if (ticket.ttl_ms > 0) ticket.expires_ms = now_ms + ticket.ttl_ms;
    if (ticket.expires_ms <= now_ms) ticket.status = TicketStatus::expired;
    tickets_.push_back(std::move(ticket));
    grant_all(now_ms);
    return tickets_.size() - 1;
}

void TicketsModel::renew(size_t number, int64_t now_ms) {
    Ticket& ticket = tickets_[number];
    if (is_live(ticket.status) && ticket.ttl_ms > 0) ticket.expires_ms = now_ms + ticket.ttl_ms;
}

void TicketsModel::end(size_t number, TicketStatus status, int64_t now_ms) {
    Ticket& ticket = tickets_[number];
    const bool can_be_released = is_live(ticket.status) || ticket.status == TicketStatus::expired;
    if (status == TicketStatus::deleted || can_be_released) ticket.status = status;
    grant_all(now_ms);
}

void TicketsModel::set_paused(const std::string& line, bool paused, int64_t now_ms) {
    paused_[line] = paused;
    grant_all(now_ms);
}

void TicketsModel::set_slots(const std::string& line, size_t slots, int64_t now_ms) {
    slots_[line] = slots;
    grant_all(now_ms);
}

void TicketsModel::pass_time(int64_t now_ms) {
    for (auto& ticket : tickets_) {
        if (is_live(ticket.status) && ticket.expires_ms <= now_ms) {
            ticket.status = TicketStatus::expired;
        }
    }
    grant_all(now_ms);
}

bool TicketsModel::is_before(const Ticket& a, const Ticket& b) const {
    return std::tie(a.order, a.number) < std::tie(b.order, b.number);
}

size_t TicketsModel::waiting_ahead(size_t number) const {
    const Ticket& ticket = tickets_[number];
    return static_cast<size_t>(
        std::count_if(tickets_.begin(), tickets_.end(), [&](const Ticket& other) {
            return other.status == TicketStatus::queued && stands_in(other, ticket.lines.front()) &&
                   is_before(other, ticket);
        }));
}

bool TicketsModel::may_be_granted(const Ticket& ticket) const {
    for (const auto& line : ticket.lines) {
        if (const auto paused = paused_.find(line); paused != paused_.end() && paused->second) {
            return false;
        }
        size_t holders = 0;
        bool holders_share = false;
        for (const auto& other : tickets_) {
            if (!stands_in(other, line)) continue;
            if (other.status == TicketStatus::active) {
                ++holders;
                holders_share = other.shared;
            }
            if (other.status == TicketStatus::queued && is_before(other, ticket)) return false;
        }
        const auto slots = slots_.find(line);
        const size_t room = slots == slots_.end() ? 1 : slots->second;
        if (holders == 0) continue;
        if (ticket.shared != holders_share) return false;
        if (!ticket.shared && holders >= room) return false;
    }
    return true;
}

void TicketsModel::grant_all(int64_t now_ms) {
    bool granted = true;
    while (granted) {
        granted = false;
        for (auto& ticket : tickets_) {
            if (ticket.status != TicketStatus::queued || !may_be_granted(ticket)) continue;
            ticket.status = TicketStatus::active;
            ticket.granted_as = ++grants_;
            if (ticket.ttl_ms > 0) ticket.expires_ms = now_ms + ticket.ttl_ms;
            granted = true;
            break;
        }
    }
}

}  // namespace signalbox
