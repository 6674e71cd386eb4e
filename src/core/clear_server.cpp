#include "core/resource_json.h"
#include "core/ticket_topics.h"
#include "core/tickets.h"

// Tickets: deleting all of a server. The ended ones go at once, by range, with one event for all
// of them; the live ones, for whom somebody may wait, one by one.

namespace signalbox {
namespace {

Event cleared_event(TenantId tenant, ServerId server, const Caller& by) {
    Event event;
    event.tenant = tenant;
    event.type = "server.cleared";
    event.subject = server.text();
    event.topics = {all_tickets_topic(), server_topic(server)};
    JsonWriter json(event.data);
    json.begin_object();
    json.member("server_uuid", event.subject);
    if (!by.name.empty()) json.member("by", by.name);
    if (!by.request_id.empty()) json.member("request_id", by.request_id);
    json.end_object();
    return event;
}

}  // namespace

void Tickets::clear_server(TenantId tenant, const ClearServer& command, RequestId request,
                           Step& step) {
    // A tenant that never had anything.
    if (tenant == TenantId()) return step.complete<ServerCleared>(request, ServerCleared());
    TicketRows::erase_ended(tenant, command.server, step);
    step.emit(cleared_event(tenant, command.server, step.by));
    clearings_.push_back(
        {tenant, command.server, rows_.next_sequence(), request, step.by, std::nullopt});
    if (clearings_.size() == 1) go_on_clearing(step);
}

const Caller* Tickets::clearing_for() const {
    return clearings_.empty() ? nullptr : &clearings_.front().by;
}

void Tickets::go_on_clearing(Step& step) {
    Clearing& clearing = clearings_.front();
    const TenantId tenant = clearing.tenant;
    for (size_t deleted = 0; deleted < limits_.ended_per_step_max;) {
        const Line* line = lines_.next_of_server(tenant, clearing.server, clearing.done);
        if (line == nullptr) {
            step.complete<ServerCleared>(clearing.request, ServerCleared());
            clearings_.pop_front();
            return;
        }
        // From behind, so that none is granted only to be deleted.
        Ticket* ticket = line->last_before(clearing.upto);
        if (ticket == nullptr) {
            clearing.done = line->key()->resource;
            continue;
        }
        end(*ticket, TicketStatus::deleted, "deleted", {}, step);
        ++statistics_.deleted;
        ++deleted;
    }
}

void Tickets::stop_clearing(const Error& error, Step& step) {
    for (const auto& clearing : clearings_) {
        step.complete<ServerCleared>(clearing.request, fail(error));
    }
    clearings_.clear();
}

}  // namespace signalbox
