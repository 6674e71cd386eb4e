#include "core/line.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox {
namespace {

// Each hold time moves the average by a quarter of its distance.
constexpr int64_t average_weight = 4;

bool holds(const Ticket& ticket) {
    return ticket.record.status == TicketStatus::active;
}

}  // namespace

Line::Order Line::order_of(const Ticket& ticket) {
    return {ticket.record.order_at, ticket.record.sequence};
}

Ticket* Line::first_of(const TicketOrder& tickets) {
    return tickets.empty() ? nullptr : tickets.begin()->second;
}

Ticket* Line::last_before(TicketSequence upto) const {
    for (const auto* order : {&waiting_, &holders_}) {
        for (auto at = order->rbegin(); at != order->rend(); ++at) {
            if (at->first.sequence < upto) return at->second;
        }
    }
    return nullptr;
}

void Line::add_waiting(Ticket& ticket) {
    const bool added = waiting_.insert({order_of(ticket), &ticket}).second;
    ASSERT(added);
}

void Line::add_holder(Ticket& ticket) {
    const bool added = holders_.insert({order_of(ticket), &ticket}).second;
    ASSERT(added);
}

void Line::promote(Ticket& ticket) {
    const bool was_waiting = waiting_.erase(order_of(ticket));
    ASSERT(was_waiting);
    add_holder(ticket);
}

bool Line::remove(const Ticket& ticket) {
    const bool was_waiting = waiting_.erase(order_of(ticket));
    const bool was_holder = !was_waiting && holders_.erase(order_of(ticket));
    ASSERT(was_waiting || was_holder);
    // What the tickets of an occupied line declared does not bind the next ones.
    if (!is_empty() || settings_.declared_slots == 0) return false;
    settings_.declared_slots = 0;
    return true;
}

bool Line::has_room_for(const Ticket& ticket) const {
    if (holders_.empty()) return true;
    const bool holders_share = first_holder()->record.mode == TicketMode::shared;
    if (ticket.record.mode == TicketMode::shared) return holders_share;
    return !holders_share && holders_.size() < slots();
}

std::vector<Ticket*> Line::tickets(size_t offset, size_t limit) const {
    std::vector<Ticket*> found;
    const auto take = [&](const TicketOrder& order, size_t from) {
        for (auto at = order.find_by_order(from); at != order.end() && found.size() < limit; ++at) {
            found.push_back(at->second);
        }
    };
    if (offset < holders_.size()) take(holders_, offset);
    take(waiting_, offset > holders_.size() ? offset - holders_.size() : 0);
    return found;
}

uint32_t Line::slots() const {
    if (settings_.slots != 0) return settings_.slots;
    return std::max<uint32_t>(settings_.declared_slots, 1);
}

bool Line::agrees_on_slots(uint32_t slots) const {
    if (settings_.slots == 0 && is_empty()) return true;
    return slots == this->slots();
}

void Line::add_hold(Duration held) {
    const int64_t held_ms = std::max<int64_t>(held.count(), 0);
    hold_average_ms_ = hold_average_ms_ < 0
                           ? held_ms
                           : hold_average_ms_ + (held_ms - hold_average_ms_) / average_weight;
}

TicketPlace Line::place_of(const Ticket& ticket, Instant now) const {
    TicketPlace place;
    if (holds(ticket)) {
        place.estimated_wait = Duration::zero();
        return place;
    }
    const uint64_t waiting_ahead = waiting_.order_of_key(order_of(ticket));
    place.position = waiting_ahead + 1;
    place.ahead = waiting_ahead + holders_.size();
    if (hold_average_ms_ < 0 || settings_.paused) return place;
    // Everyone ahead holds for the average time, slots() at once; what the present holder has
    // held already counts for it.
    const uint64_t rounds = (place.ahead + slots() - 1) / slots();
    int64_t estimate_ms = static_cast<int64_t>(rounds) * hold_average_ms_;
    if (const Ticket* holder = first_holder()) {
        const int64_t held_ms = std::max<int64_t>((now - holder->record.granted_at).count(), 0);
        estimate_ms -= std::min(held_ms, hold_average_ms_);
    }
    place.estimated_wait = Duration(std::max<int64_t>(estimate_ms, 0));
    return place;
}

LineView Line::view() const {
    LineView view;
    view.key = key_;
    view.slots = slots();
    view.paused = settings_.paused;
    view.draining = settings_.draining;
    view.reason = settings_.reason;
    view.holders = holders_.size();
    view.queued = waiting_.size();
    if (const Ticket* first = first_waiting()) view.oldest_queued_at = first->record.created_at;
    if (hold_average_ms_ >= 0) view.hold_average = Duration(hold_average_ms_);
    return view;
}

void Line::check() const {
    size_t shared = 0;
    for (const auto& [order, ticket] : holders_) {
        ASSERT(order == order_of(*ticket));
        ASSERT(ticket->record.status == TicketStatus::active);
        if (ticket->record.mode == TicketMode::shared) ++shared;
    }
    ASSERT(shared == 0 || shared == holders_.size());
    ASSERT(settings_.declared_slots == 0 || !is_empty());
    for (const auto& [order, ticket] : waiting_) {
        ASSERT(order == order_of(*ticket));
        ASSERT(ticket->record.status == TicketStatus::queued);
    }
}

}  // namespace signalbox
