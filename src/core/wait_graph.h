#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/line.h"

namespace signalbox {

// Who waits for whom, among owners: an owner that has a queued ticket waits for the owners of
// the tickets that hold its line. Two owners that wait for each other will do so until a
// ticket expires, which nobody notices by looking at one line. A ticket on several resources
// cannot be part of such a cycle by itself, because it holds nothing while it waits.
// Core thread.
class WaitGraph {
public:
    // Only tickets with an owner take part.
    void add(Ticket& ticket);
    void remove(Ticket& ticket);

    // Tickets that wait for each other in a circle: each one, queued, waits for what the owner
    // of the next one holds, and the last one for what the owner of the first one holds. Empty
    // when there is no circle through the owner of `ticket`. The search gives up after
    // looking at looked_at_max tickets.
    [[nodiscard]] std::vector<Ticket*> find_circle(const Ticket& ticket) const;
    // Circles through any owner, one of them for each; gives up likewise, a hundred times later.
    [[nodiscard]] std::vector<std::vector<Ticket*>> find_circles() const;

private:
    using Owner = std::pair<TenantId, std::string>;
    using Tickets = std::map<TicketSequence, Ticket*>;

    static constexpr size_t looked_at_max = 1000;

    struct Search;
    void search_through(Search& search) const;
    bool search_from(const Owner& owner, Search& search) const;

    std::map<Owner, Tickets> owners_;
};

}  // namespace signalbox
