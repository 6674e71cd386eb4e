#include "documents.h"
#include "documents_reading.h"
#include "members.h"
#include "try.h"

namespace signalbox::client {
namespace {

Result<Ticket> ticket_of(const Json& document) {
    Members members(document);
    Ticket ticket;
    ticket.uuid = members.text("uuid");
    ticket.resource = members.resource();
    if (document.is_object() && document.contains("resources")) {
        for (const auto& element : members.elements("resources")) {
            ticket.resources.push_back(Members(element).resource());
        }
    } else {
        ticket.resources = {ticket.resource};
    }
    ticket.status = members.ticket_status("status");
    ticket.token = members.number("token");
    ticket.position = members.number("position");
    ticket.ahead = members.number("ahead");
    ticket.estimated_wait = members.milliseconds("estimated_wait_ms");
    ticket.reason = members.text("reason");
    ticket.mode = members.text("mode") == "shared" ? TicketMode::shared : TicketMode::exclusive;
    if (const auto slots = members.optional_number("slots")) {
        ticket.slots = static_cast<uint32_t>(*slots);
    }
    ticket.priority = static_cast<int32_t>(members.signed_number("priority"));
    ticket.barge = members.flag("barge");
    ticket.owner = members.optional_text("owner");
    ticket.session = members.optional_text("session");
    ticket.action = members.optional_text("action");
    ticket.reqid = members.optional_text("reqid");
    ticket.ttl = members.duration("ttl");
    ticket.hold_max = members.duration("hold_max");
    ticket.expires_at = members.optional_instant("expires_at");
    ticket.created_at = members.instant("created_at");
    ticket.updated_at = members.instant("updated_at");
    ticket.granted_at = members.optional_instant("granted_at");
    ticket.extra = members.json("extra");
    ticket.json = document.dump();
    return checked(std::move(ticket), members, "a ticket");
}

Result<std::vector<Ticket>> tickets_of(Members& members) {
    std::vector<Ticket> tickets;
    for (const auto& element : members.elements("tickets")) {
        TRY_AS(auto ticket, ticket_of(element));
        tickets.push_back(std::move(ticket));
    }
    return tickets;
}

Result<Line> line_of(const Json& document) {
    Members members(document);
    Line line;
    line.resource = members.resource();
    line.slots = static_cast<uint32_t>(members.number("slots"));
    line.paused = members.flag("paused");
    line.draining = members.flag("draining");
    line.reason = members.text("reason");
    line.holders = members.number("holders");
    line.queued = members.number("queued");
    line.oldest_queued_at = members.optional_instant("oldest_queued_at");
    line.hold_average = members.milliseconds("hold_average_ms");
    line.json = document.dump();
    return checked(std::move(line), members, "a line");
}

Result<Session> session_of(const Json& document) {
    Members members(document);
    Session session;
    session.id = members.text("id");
    session.name = members.text("name");
    session.ttl = members.duration("ttl");
    session.grace = members.duration("grace");
    session.created_at = members.instant("created_at");
    session.connections = members.number("connections");
    session.tickets = members.number("tickets");
    session.ends_in = members.milliseconds("ends_in_ms");
    session.json = document.dump();
    return checked(std::move(session), members, "a session");
}

Result<Token> token_of(const Json& document) {
    Members members(document);
    Token token;
    token.id = members.text("id");
    token.token = members.text("token");
    token.tenant = members.text("tenant");
    token.user = members.text("user");
    token.roles = members.texts("roles");
    token.acl = members.texts("acl");
    token.created_at = members.instant("created_at");
    token.created_by = members.text("created_by");
    token.expires_at = members.optional_instant("expires_at");
    token.json = document.dump();
    return checked(std::move(token), members, "a token");
}

TicketChange change_of(const Json& data) {
    Members members(data);
    TicketChange change;
    change.uuid = members.text("uuid");
    change.resource = members.resource();
    change.status = members.ticket_status("status");
    change.token = members.number("token");
    change.expires_at = members.optional_instant("expires_at");
    change.owner = members.text("owner");
    change.action = members.text("action");
    change.reqid = members.text("reqid");
    change.session = members.text("session");
    change.reason = members.text("reason");
    change.by = members.text("by");
    change.request_id = members.text("request_id");
    return change;
}

constexpr std::string_view event_type_prefix = "signalbox.";

}  // namespace

Result<Ticket> read_ticket(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return ticket_of(document);
}

Result<CreatedTicket> read_created_ticket(std::string_view body) {
    TRY_AS(auto document, parse(body));
    CreatedTicket created;
    if (document.is_object() && document.contains("deadlock")) {
        for (const auto& uuid : Members(document).elements("deadlock")) {
            if (uuid.is_string()) created.deadlock.push_back(uuid.get<std::string>());
        }
        document.erase("deadlock");
    }
    TRY_AS(created.ticket, ticket_of(document));
    return created;
}

Result<Page<Ticket>> read_ticket_page(std::string_view body) {
    return page_of<Ticket>(body, "tickets", ticket_of);
}

Result<TicketHistory> read_ticket_history(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    TicketHistory history;
    TRY_AS(history.ticket, ticket_of(members.object("ticket")));
    for (const auto& element : members.elements("transitions")) {
        Members entry(element);
        TicketTransition transition;
        transition.revision = entry.number("revision");
        transition.at = entry.instant("at");
        transition.transition = entry.text("transition");
        transition.by = entry.text("by");
        transition.request_id = entry.text("request_id");
        transition.reason = entry.text("reason");
        transition.token = entry.number("token");
        transition.count = entry.optional_number("count").value_or(1);
        TRY_AS(transition, checked(std::move(transition), entry, "a transition"));
        history.transitions.push_back(std::move(transition));
    }
    history.json = document.dump();
    return checked(std::move(history), members, "a history");
}

Result<std::vector<Deadlock>> read_deadlocks(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    std::vector<Deadlock> deadlocks;
    for (const auto& element : members.elements("deadlocks")) {
        Members entry(element);
        Deadlock deadlock;
        deadlock.found_at = entry.instant("found_at");
        TRY_AS(deadlock.tickets, tickets_of(entry));
        TRY_AS(deadlock, checked(std::move(deadlock), entry, "a deadlock"));
        deadlocks.push_back(std::move(deadlock));
    }
    return checked(std::move(deadlocks), members, "a list of deadlocks");
}

Result<Line> read_line(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return line_of(document);
}

Result<Page<Line>> read_line_page(std::string_view body) {
    return page_of<Line>(body, "lines", line_of);
}

Result<LineTickets> read_line_tickets(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    LineTickets line;
    line.total = members.number("total");
    TRY_AS(line.tickets, tickets_of(members));
    return checked(std::move(line), members, "the tickets of a line");
}

Result<Session> read_session(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return session_of(document);
}

Result<Page<Session>> read_session_page(std::string_view body) {
    return page_of<Session>(body, "sessions", session_of);
}

Result<Token> read_token(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    return token_of(document);
}

Result<Page<Token>> read_token_page(std::string_view body) {
    return page_of<Token>(body, "tokens", token_of);
}

Result<Identity> read_identity(std::string_view body) {
    TRY_AS(const auto document, parse(body));
    Members members(document);
    Identity identity;
    identity.tenant = members.text("tenant");
    identity.user = members.text("user");
    identity.roles = members.texts("roles");
    identity.acl = members.texts("acl");
    identity.admin = members.flag("admin");
    identity.expires_at = members.optional_instant("expires_at");
    identity.json = document.dump();
    return checked(std::move(identity), members, "an identity");
}

Result<Event> read_event(std::string_view data) {
    TRY_AS(const auto document, parse(data));
    Members members(document);
    Event event;
    event.type = members.text("type");
    if (event.type.starts_with(event_type_prefix)) event.type.erase(0, event_type_prefix.size());
    event.subject = members.text("subject");
    event.time = members.instant("time");
    event.data = members.json("data");
    event.json = document.dump();
    const auto& about = members.object("data");
    // Events such as a deadlock are about tickets, but are no change of one.
    if (about.contains("uuid") && about.contains("status")) event.ticket = change_of(about);
    return checked(std::move(event), members, "an event");
}

std::string read_text(std::string_view body, std::string_view name) {
    const auto document = Json::parse(body, nullptr, false);
    return Members(document).text(std::string(name).c_str());
}

}  // namespace signalbox::client
