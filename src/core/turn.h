#pragma once

#include "core/line.h"

// Whose turn it is. A ticket may hold its lines when, in each of them, nobody who still counts
// is in front of it and there is room beside the holders.
//
// Head of line: a ticket that waits for another of its lines holds up those behind it, unless
// they barge. One that barges looks past such tickets (64 at most), and each of them can be
// overtaken a limited number of times, so that nobody waits for ever.

namespace signalbox {

// Its session is being ended; the ticket is about to follow.
bool is_session_over(const Ticket& ticket);

// A ticket past its time counts no more, whether or not its timer has come up.
bool is_past_its_time(const Ticket& ticket, Now now);

// The waiting ticket that may hold the line, and all its other lines, now; null when none may.
Ticket* next_in_turn(const Line& line, Now now, uint32_t overtaken_max);

// The same after anything has changed in `line`: also a ticket that waits in front there, and
// that may now pass those in front of it in another of its lines. That one has not changed, so
// nobody else would look.
Ticket* next_after_change(const Line& line, Now now, uint32_t overtaken_max);

// To be called before `by` is granted out of order.
void count_overtaken(const Line& line, const Ticket& by, Now now);

// Calls visit(Line&) for each line that the ticket stands in.
template <class Visit>
void visit_lines(const Ticket& ticket, const Visit& visit) {
    visit(*ticket.line);
    if (!ticket.ties) return;
    for (Line* line : ticket.ties->more_lines) visit(*line);
}

}  // namespace signalbox
