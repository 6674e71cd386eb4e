#pragma once

#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/ticket_commands.h"

namespace signalbox {

// What a line has beyond its tickets. Durable while it differs from the defaults.
struct LineSettings {
    uint32_t slots = 0;  // 0: whatever its tickets declare, or one
    bool paused = false;
    bool draining = false;
    std::string reason;
    // By the first ticket that said so; until the line is empty, so that those who joined it
    // rely on the same number. 0: nobody did.
    uint32_t declared_slots = 0;

    // Has somebody set anything?
    [[nodiscard]] bool is_default() const {
        return slots == 0 && !paused && !draining && reason.empty();
    }
};

// The tickets of one resource: those that hold it, and those that wait, in order. Says who
// could be next; Tickets decides, because a ticket may stand in several lines.
//
// The order is by `order_at`, then by sequence. A ticket of priority p gets an order_at that is
// p ageing intervals before its arrival, so it overtakes those that came less than that before
// it, and nobody waits for ever: whoever comes later comes with a later order_at. Without
// priorities the order is that of arrival, whatever the clock does, because arrival never runs
// backwards.
//
// Invariants (check()): holders are all shared or all not; a ticket is in one of the two sets,
// exactly as its status says; slots are declared only while there are tickets. There may be more
// holders than slots after an operator lowered them: nobody is thrown out.
class Line {
public:
    explicit Line(LineKeyPtr key) : key_(std::move(key)) {}

    [[nodiscard]] const LineKeyPtr& key() const { return key_; }

    void add_waiting(Ticket& ticket);
    void add_holder(Ticket& ticket);
    // A waiting ticket becomes a holder.
    void promote(Ticket& ticket);
    // True when the declared slots went with the last ticket: to be written down.
    [[nodiscard]] bool remove(const Ticket& ticket);

    // Could `ticket`, which does not hold the line, hold it beside the present holders? Says
    // nothing about those in front of it.
    [[nodiscard]] bool has_room_for(const Ticket& ticket) const;

    // Null when there is none.
    [[nodiscard]] Ticket* first_waiting() const { return first_of(waiting_); }
    [[nodiscard]] Ticket* first_holder() const { return first_of(holders_); }
    // The last one in order that was created before `upto`, the waiting before the holders.
    [[nodiscard]] Ticket* last_before(TicketSequence upto) const;

    // Calls visit(Ticket&) in order until it returns false. The line must not change meanwhile.
    template <class Visit>
    void visit_waiting(const Visit& visit) const {
        for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
            if (!visit(*at->second)) return;
        }
    }
    template <class Visit>
    void visit_holders(const Visit& visit) const {
        for (auto at = holders_.begin(); at != holders_.end(); ++at) {
            if (!visit(*at->second)) return;
        }
    }
    // Up to `limit` tickets, holders first, then the waiting, from the `offset`th.
    [[nodiscard]] std::vector<Ticket*> tickets(size_t offset, size_t limit) const;

    [[nodiscard]] TicketPlace place_of(const Ticket& ticket, Instant now) const;
    [[nodiscard]] LineView view() const;

    [[nodiscard]] size_t holder_count() const { return holders_.size(); }
    [[nodiscard]] size_t waiting_count() const { return waiting_.size(); }
    [[nodiscard]] bool is_empty() const { return holders_.empty() && waiting_.empty(); }
    // In the list of lines that Tickets looks at before the step is over.
    bool unsettled = false;

    // Nothing would be lost by forgetting it.
    [[nodiscard]] bool is_needless() const { return is_empty() && settings_.is_default(); }

    [[nodiscard]] uint32_t slots() const;
    [[nodiscard]] const LineSettings& settings() const { return settings_; }
    void set_settings(LineSettings settings) { settings_ = std::move(settings); }
    // A ticket says that the line has so many slots; false when it has another number. An
    // empty line without a setting takes the ticket's word.
    [[nodiscard]] bool agrees_on_slots(uint32_t slots) const;
    void declare_slots(uint32_t slots) { settings_.declared_slots = slots; }
    void add_hold(Duration held);

    void check() const;

private:
    struct Order {
        Instant order_at;
        TicketSequence sequence;
        auto operator<=>(const Order&) const = default;
    };
    // Knows the rank of each element, so that a place in a million costs twenty steps.
    using TicketOrder = __gnu_pbds::tree<Order, Ticket*, std::less<>, __gnu_pbds::rb_tree_tag,
                                         __gnu_pbds::tree_order_statistics_node_update>;

    static Order order_of(const Ticket& ticket);
    static Ticket* first_of(const TicketOrder& tickets);

    LineKeyPtr key_;
    TicketOrder holders_;
    TicketOrder waiting_;
    LineSettings settings_;
    int64_t hold_average_ms_ = -1;  // of recent holders; -1 until the first
};

}  // namespace signalbox
