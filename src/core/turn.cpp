#include "core/turn.h"

#include "core/session.h"

namespace signalbox {
namespace {

constexpr size_t looked_behind_max = 64;

// The first ticket that still counts among those that wait.
Ticket* first_live_waiting(const Line& line, Now now) {
    Ticket* first = nullptr;
    line.visit_waiting([&](Ticket& ticket) {
        if (is_past_its_time(ticket, now)) return true;
        first = &ticket;
        return false;
    });
    return first;
}

// Whether `ticket` is next in all its lines but one, of which the caller knows it.
bool may_hold_all(const Ticket& ticket, const Line& except, Now now) {
    bool may = true;
    visit_lines(ticket, [&](const Line& line) {
        if (&line == &except || !may) return;
        may = !line.settings().paused && line.has_room_for(ticket) &&
              first_live_waiting(line, now) == &ticket;
    });
    return may;
}

}  // namespace

bool is_session_over(const Ticket& ticket) {
    return ticket.ties && ticket.ties->session != nullptr && ticket.ties->session->is_ending;
}

bool is_past_its_time(const Ticket& ticket, Now now) {
    if (is_session_over(ticket)) return true;
    if (ticket.measured) {
        return ticket.is_linked() && ticket.deadline_ms() <= now.steady.time_since_epoch().count();
    }
    return ticket.record.expires_at <= now.wall;
}

Ticket* next_in_turn(const Line& line, Now now, uint32_t overtaken_max) {
    if (line.settings().paused) return nullptr;
    Ticket* next = nullptr;
    bool others_first = false;
    size_t looked_behind = 0;
    line.visit_waiting([&](Ticket& ticket) {
        if (is_past_its_time(ticket, now)) return true;
        if (others_first) {
            if (++looked_behind > looked_behind_max) return false;
            if (!ticket.record.barge) return true;
        }
        if (!line.has_room_for(ticket)) return false;
        if (may_hold_all(ticket, line, now)) {
            next = &ticket;
            return false;
        }
        others_first = true;
        return ticket.ties->overtaken < overtaken_max;
    });
    return next;
}

Ticket* next_after_change(const Line& line, Now now, uint32_t overtaken_max) {
    if (Ticket* next = next_in_turn(line, now, overtaken_max)) return next;
    Ticket* first = first_live_waiting(line, now);
    if (first == nullptr || !first->record.barge) return nullptr;
    bool is_next = false;
    visit_lines(*first, [&](const Line& other) {
        if (&other == &line || is_next) return;
        is_next = next_in_turn(other, now, overtaken_max) == first;
    });
    return is_next ? first : nullptr;
}

void count_overtaken(const Line& line, const Ticket& by, Now now) {
    line.visit_waiting([&](Ticket& ticket) {
        if (&ticket == &by) return false;
        if (!is_past_its_time(ticket, now) && ticket.ties) ++ticket.ties->overtaken;
        return true;
    });
}

}  // namespace signalbox
