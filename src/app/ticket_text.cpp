#include "app/ticket_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/system_clock.h"

namespace signalbox {
namespace {

std::string place_of(const client::Ticket& ticket) {
    if (ticket.status != client::TicketStatus::queued || ticket.position == 0) return {};
    return fmt::format("#{}", ticket.position);
}

std::string token_of(const client::Ticket& ticket) {
    return ticket.token == 0 ? "" : std::to_string(ticket.token);
}

std::string time_of(const std::optional<Instant>& instant, Instant now) {
    return instant ? relative_time(*instant, now) : "";
}

// What matters about when it will end, or when it ended.
std::string end_of(const client::Ticket& ticket, Instant now) {
    return client::is_live(ticket.status) ? time_of(ticket.expires_at, now)
                                          : relative_time(ticket.updated_at, now);
}

std::string settings_of(const client::Line& line) {
    std::string text;
    if (line.paused) text += "paused";
    if (line.draining) text += text.empty() ? "draining" : ", draining";
    if (!line.reason.empty()) text += (text.empty() ? "" : ": ") + line.reason;
    return text;
}

void add_time(Fields& fields, const std::string& name, const std::optional<Instant>& instant,
              Instant now) {
    if (!instant) return;
    fields.add(name,
               fmt::format("{} ({})", relative_time(*instant, now), format_instant(*instant)));
}

}  // namespace

std::string resource_text(const client::Resource& resource) {
    const std::string name = resource.scope + "/" + resource.id;
    return resource.server == "default" ? name : resource.server + "/" + name;
}

std::string tickets_table(const std::vector<client::Ticket>& tickets, Instant now, size_t columns) {
    // Listings do not tell the place in the line.
    const bool has_places = std::any_of(tickets.begin(), tickets.end(),
                                        [](const auto& ticket) { return ticket.position > 0; });
    std::vector<std::string> headings{"TICKET", "STATUS",  "TOKEN", "LINE",
                                      "OWNER",  "CREATED", "ENDS"};
    if (has_places) headings.insert(headings.begin() + 2, "PLACE");
    Table table(std::move(headings));
    for (const auto& ticket : tickets) {
        auto line = resource_text(ticket.resource);
        if (ticket.resources.size() > 1) line += fmt::format(" +{}", ticket.resources.size() - 1);
        std::vector<std::string> cells{ticket.uuid,
                                       std::string(name_of(ticket.status)),
                                       token_of(ticket),
                                       line,
                                       ticket.owner.value_or(""),
                                       relative_time(ticket.created_at, now),
                                       end_of(ticket, now)};
        if (has_places) cells.insert(cells.begin() + 2, place_of(ticket));
        table.add(std::move(cells));
    }
    return table.text(columns);
}

std::string lines_table(const std::vector<client::Line>& lines, Instant now, size_t columns) {
    Table table({"LINE", "HOLDERS", "SLOTS", "QUEUED", "WAITING", "HELD FOR", "SETTINGS"});
    for (const auto& line : lines) {
        table.add({resource_text(line.resource), std::to_string(line.holders),
                   std::to_string(line.slots), std::to_string(line.queued),
                   line.oldest_queued_at
                       ? rough_duration(std::max(now - *line.oldest_queued_at, Duration::zero()))
                       : "",
                   line.hold_average ? rough_duration(*line.hold_average) : "", settings_of(line)});
    }
    return table.text(columns);
}

std::string place_text(const client::Ticket& ticket) {
    auto text = fmt::format("{} ahead", ticket.ahead);
    if (ticket.estimated_wait) text += ", about " + rough_duration(*ticket.estimated_wait);
    return text;
}

std::string ticket_fields(const client::Ticket& ticket, Instant now) {
    Fields fields;
    fields.add("ticket", ticket.uuid);
    for (const auto& resource : ticket.resources) fields.add("line", resource_text(resource));
    fields.add("status", std::string(name_of(ticket.status)));
    if (ticket.position > 0) {
        fields.add("place", fmt::format("#{} ({})", ticket.position, place_text(ticket)));
    }
    fields.add("token", token_of(ticket));
    fields.add("reason", ticket.reason);
    fields.add("owner", ticket.owner.value_or(""));
    fields.add("action", ticket.action.value_or(""));
    fields.add("request", ticket.reqid.value_or(""));
    fields.add("session", ticket.session.value_or(""));
    fields.add("mode", std::string(name_of(ticket.mode)));
    if (ticket.slots) fields.add("slots", std::to_string(*ticket.slots));
    if (ticket.priority != 0) fields.add("priority", std::to_string(ticket.priority));
    if (ticket.ttl > Duration::zero()) fields.add("ttl", format_duration(ticket.ttl));
    if (ticket.hold_max > Duration::zero()) {
        fields.add("hold max", format_duration(ticket.hold_max));
    }
    add_time(fields, "created", ticket.created_at, now);
    add_time(fields, "granted", ticket.granted_at, now);
    add_time(fields, client::is_live(ticket.status) ? "updated" : "ended", ticket.updated_at, now);
    if (client::is_live(ticket.status)) add_time(fields, "expires", ticket.expires_at, now);
    if (ticket.extra != "{}") fields.add("extra", ticket.extra);
    return fields.text();
}

std::string line_fields(const client::Line& line, Instant now) {
    Fields fields;
    fields.add("line", resource_text(line.resource));
    fields.add("slots", std::to_string(line.slots));
    fields.add("holders", std::to_string(line.holders));
    fields.add("queued", std::to_string(line.queued));
    add_time(fields, "oldest queued", line.oldest_queued_at, now);
    if (line.hold_average) fields.add("held for", rough_duration(*line.hold_average));
    fields.add("settings", settings_of(line));
    return fields.text();
}

Instant wall_time() {
    return SystemClock().now().wall;
}

}  // namespace signalbox
