#pragma once

#include <string_view>

#include "signalbox/client/claim.h"
#include "signalbox/client/event.h"
#include "signalbox/client/line.h"
#include "signalbox/client/page.h"
#include "signalbox/client/problem.h"
#include "signalbox/client/queue.h"
#include "signalbox/client/session.h"
#include "signalbox/client/ticket.h"
#include "signalbox/client/token.h"

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
Result<std::string> write_queue_request(const QueueRequest& request);
Result<std::string> write_queue_change(const QueueChange& change);
Result<std::string> write_messages(const std::vector<NewMessage>& messages);
Result<std::string> write_ids(const std::vector<std::string>& ids, const std::string& claim = {});
std::string write_claim_request(const ClaimRequest& request);
std::string write_claim_renewal(const ClaimRenewal& renewal);
Result<std::string> write_claim_release(const ClaimRelease& release);
Result<std::string> write_token_request(const TokenRequest& request);

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
Result<Queue> read_queue(std::string_view body);
Result<Page<Queue>> read_queue_page(std::string_view body);
Result<QueueStats> read_queue_stats(std::string_view body);
Result<Posted> read_posted(std::string_view body);
Result<Message> read_message(std::string_view body);
Result<Page<Message>> read_message_page(std::string_view body);
Result<Claim> read_claim(std::string_view body);
Result<Reader> read_reader(std::string_view body);
Result<std::vector<Reader>> read_readers(std::string_view body);
// The member `name` of an object, which is a number.
Result<uint64_t> read_number(std::string_view body, const char* name);
Result<Token> read_token(std::string_view body);
Result<Page<Token>> read_token_page(std::string_view body);
Result<Identity> read_identity(std::string_view body);
// What an event of the feed holds as its data; cursor and kind are left alone.
Result<Event> read_event(std::string_view data);
// The text member `name` of an object, or nothing.
std::string read_text(std::string_view body, std::string_view name);

}  // namespace signalbox::client
