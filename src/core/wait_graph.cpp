#include "core/wait_graph.h"

#include <set>

#include "base/assert.h"

namespace signalbox {
namespace {

const std::string& owner_name(const Ticket& ticket) {
    static const std::string nobody;
    return ticket.ties ? ticket.ties->owner : nobody;
}

TenantId tenant_of(const Ticket& ticket) {
    return ticket.record.line->tenant;
}

// Calls visit(holder) for each ticket that stands in the way of the queued `ticket`, until it
// returns false.
template <class Visit>
void visit_blockers(const Ticket& ticket, const Visit& visit) {
    bool go_on = true;
    const auto visit_line = [&](const Line& line) {
        if (line.has_room_for(ticket)) return;
        line.visit_holders([&](Ticket& holder) {
            go_on = visit(holder);
            return go_on;
        });
    };
    visit_line(*ticket.line);
    if (!ticket.ties) return;
    for (const Line* line : ticket.ties->more_lines) {
        if (!go_on) return;
        visit_line(*line);
    }
}

}  // namespace

struct WaitGraph::Search {
    Owner goal;
    std::set<Owner> seen;
    std::vector<Ticket*> path;
    size_t looked_at = 0;
};

void WaitGraph::add(Ticket& ticket) {
    const auto& owner = owner_name(ticket);
    if (owner.empty()) return;
    owners_[{tenant_of(ticket), owner}].emplace(ticket.record.sequence, &ticket);
}

void WaitGraph::remove(Ticket& ticket) {
    const auto& owner = owner_name(ticket);
    if (owner.empty()) return;
    const auto found = owners_.find({tenant_of(ticket), owner});
    ASSERT(found != owners_.end());
    found->second.erase(ticket.record.sequence);
    if (found->second.empty()) owners_.erase(found);
}

std::vector<Ticket*> WaitGraph::find_circle(const Ticket& ticket) const {
    const auto& owner = owner_name(ticket);
    if (owner.empty()) return {};
    Search search;
    search.goal = {tenant_of(ticket), owner};
    search_through(search);
    return search.path;
}

std::vector<std::vector<Ticket*>> WaitGraph::find_circles() const {
    std::vector<std::vector<Ticket*>> circles;
    size_t looked_at = 0;
    for (const auto& [owner, tickets] : owners_) {
        Search search;
        search.goal = owner;
        search_through(search);
        if (!search.path.empty()) circles.push_back(std::move(search.path));
        looked_at += search.looked_at;
        if (looked_at > 100 * looked_at_max) break;
    }
    return circles;
}

void WaitGraph::search_through(Search& search) const {
    search.seen.insert(search.goal);
    if (!search_from(search.goal, search)) search.path.clear();
}

// Depth first; `path` holds the queued tickets that lead here.
bool WaitGraph::search_from(const Owner& owner, Search& search) const {
    const auto found = owners_.find(owner);
    if (found == owners_.end()) return false;
    for (const auto& [sequence, ticket] : found->second) {
        if (++search.looked_at > looked_at_max) return false;
        if (ticket->record.status != TicketStatus::queued) continue;
        search.path.push_back(ticket);
        bool closed = false;
        visit_blockers(*ticket, [&](const Ticket& holder) {
            if (++search.looked_at > looked_at_max) return false;
            const auto& name = owner_name(holder);
            if (name.empty()) return true;
            const Owner next{tenant_of(holder), name};
            // Waiting for oneself is not told: an owner may be a pool of workers by one name.
            if (next == search.goal) {
                closed = owner != search.goal;
                return !closed;
            }
            if (!search.seen.insert(next).second) return true;
            closed = search_from(next, search);
            return !closed;
        });
        if (closed) return true;
        search.path.pop_back();
    }
    return false;
}

}  // namespace signalbox
