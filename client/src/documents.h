#pragma once

#include <string_view>

#include "signalbox/client/event.h"
#include "signalbox/client/line.h"
#include "signalbox/client/page.h"
#include "signalbox/client/problem.h"
#include "signalbox/client/session.h"
#include "signalbox/client/ticket.h"

// Between the server's JSON and this library's types. Members that this version does not know
// are skipped, so that a newer server is understood; a known one of the wrong type makes the
// problem unexpected_answer.

namespace signalbox::client {

// Fails with invalid_argument for what cannot be said in JSON.
Result<std::string> write_ticket_request(const TicketRequest& request);
Result<std::string> write_renewal(const Renewal& renewal);
Result<std::string> write_release(const Release& release);
Result<std::string> write_line_change(const LineChange& change);
Result<std::string> write_session_request(const SessionRequest& request);

Result<Ticket> read_ticket(std::string_view body);
Result<CreatedTicket> read_created_ticket(std::string_view body);
Result<Page<Ticket>> read_ticket_page(std::string_view body);
Result<TicketHistory> read_ticket_history(std::string_view body);
Result<std::vector<Deadlock>> read_deadlocks(std::string_view body);
Result<Line> read_line(std::string_view body);
Result<Page<Line>> read_line_page(std::string_view body);
Result<LineTickets> read_line_tickets(std::string_view body);
Result<Session> read_session(std::string_view body);
Result<Page<Session>> read_session_page(std::string_view body);
// What an event of the feed holds as its data; cursor and kind are left alone.
Result<Event> read_event(std::string_view data);
// The text member `name` of an object, or nothing.
std::string read_text(std::string_view body, std::string_view name);

}  // namespace signalbox::client
