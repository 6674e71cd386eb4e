#pragma once

#include <deque>
#include <vector>

#include "core/step.h"
#include "core/ticket.h"
#include "core/wait_graph.h"

namespace signalbox {

class TicketIndex;

// Circles of tickets that wait for each other: found when the last of them begins to wait, told
// once by an event, and shown for as long as none of them moves. Core thread.
class Deadlocks {
public:
    // Only tickets with an owner take part.
    void add(Ticket& ticket) { graph_.add(ticket); }
    void remove(Ticket& ticket) { graph_.remove(ticket); }

    // The circle that `ticket` has closed by waiting, or another of its owner by holding; empty
    // when there is none.
    std::vector<Uuid> look(const Ticket& ticket, Step& step);

    // Those that there are after a start, whom nobody needs to be told again.
    void find_again(Now now);

    struct Known {
        Instant found_at;
        std::vector<const Ticket*> tickets;
    };
    // Those that still exist, oldest first.
    [[nodiscard]] std::vector<Known> known(TenantId tenant, const TicketIndex& index) const;
    [[nodiscard]] uint64_t found_count() const { return found_count_; }

private:
    static constexpr size_t kept_max = 100;

    struct Circle {
        TenantId tenant;
        Instant found_at;
        std::vector<Uuid> tickets;  // sorted
    };
    // Nothing when it is known already.
    bool keep(const std::vector<Ticket*>& circle, Now now);
    void tell(const Ticket& ticket, const std::vector<Ticket*>& circle, Step& step) const;

    WaitGraph graph_;
    std::deque<Circle> circles_;  // newest last
    uint64_t found_count_ = 0;
};

}  // namespace signalbox
