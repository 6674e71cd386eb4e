#include "core/deadlocks.h"

#include <algorithm>

#include "codec/json_writer.h"
#include "core/ticket_index.h"
#include "core/ticket_topics.h"

namespace signalbox {

std::vector<Uuid> Deadlocks::look(const Ticket& ticket, Step& step) {
    const auto circle = graph_.find_circle(ticket);
    if (keep(circle, step.now)) {
        ++found_count_;
        tell(ticket, circle, step);
    }
    std::vector<Uuid> uuids;
    for (const Ticket* member : circle) uuids.push_back(member->record.uuid);
    return uuids;
}

void Deadlocks::find_again(Now now) {
    for (const auto& circle : graph_.find_circles()) keep(circle, now);
}

bool Deadlocks::keep(const std::vector<Ticket*>& circle, Now now) {
    if (circle.empty()) return false;
    std::vector<Uuid> uuids;
    for (const Ticket* member : circle) uuids.push_back(member->record.uuid);
    std::sort(uuids.begin(), uuids.end());
    for (const auto& known : circles_) {
        if (known.tickets == uuids) return false;
    }
    if (circles_.size() >= kept_max) circles_.pop_front();
    circles_.push_back({circle.front()->record.line->tenant, now.wall, std::move(uuids)});
    return true;
}

void Deadlocks::tell(const Ticket& ticket, const std::vector<Ticket*>& circle, Step& step) const {
    Event event;
    event.tenant = ticket.record.line->tenant;
    event.type = "ticket.deadlock";
    event.subject = ticket.record.uuid.text();
    event.topics = line_topics(ticket.record.line->resource);
    JsonWriter json(event.data);
    json.begin_object();
    json.key("tickets");
    json.begin_array();
    for (const Ticket* member : circle) {
        event.topics.push_back(ticket_topic(member->record.uuid));
        json.value(member->record.uuid.text());
    }
    json.end_array();
    json.end_object();
    step.emit(std::move(event));
}

std::vector<Deadlocks::Known> Deadlocks::known(TenantId tenant, const TicketIndex& index) const {
    std::vector<Known> all;
    for (const auto& circle : circles_) {
        if (circle.tenant != tenant) continue;
        Known known{circle.found_at, {}};
        for (const auto& uuid : circle.tickets) {
            const Ticket* ticket = index.find(tenant, uuid);
            // Any of them moving on is the end of the circle.
            if (ticket == nullptr || ticket->record.status != TicketStatus::queued) break;
            known.tickets.push_back(ticket);
        }
        if (known.tickets.size() == circle.tickets.size()) all.push_back(std::move(known));
    }
    return all;
}

}  // namespace signalbox
