#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/listing.h"
#include "app/ticket_text.h"

// signalbox ticket list | show | history | wait | release; acquire and watch have files of
// their own.

namespace signalbox {
namespace {

using client::Ticket;
using client::TicketStatus;

constexpr size_t page_items_max = 1000;

void show(const ClientFlags& flags, const Ticket& ticket) {
    if (flags.json) return print_line(ticket.json);
    print(ticket_fields(ticket, wall_time()));
}

struct ListFlags : ClientFlags, ListingFlags {
    ResourceFlags resource;
    std::vector<std::string> statuses;
    bool newest_first = false;
};

// The live ones, unless it is told; ended ones may be a million.
client::Result<client::TicketFilter> filter_of(const ListFlags& flags) {
    client::TicketFilter filter;
    filter.server = flags.resource.server;
    filter.scope = flags.resource.scope;
    filter.id = flags.resource.id;
    filter.newest_first = flags.newest_first;
    filter.page_items = page_items_max;
    if (!flags.all) filter.page_items = std::min(filter.page_items, flags.limit);
    if (flags.statuses.empty()) filter.statuses = {TicketStatus::queued, TicketStatus::active};
    for (const auto& name : flags.statuses) {
        if (name == "all") continue;
        const auto status = client::parse_ticket_status(name);
        if (!status) {
            client::Problem problem;
            problem.type = "invalid_argument";
            problem.detail =
                "--status must be queued, active, finished, expired, deleted or all, not " + name;
            return tl::unexpected(problem);
        }
        filter.statuses.push_back(*status);
    }
    return filter;
}

// The line that was asked for, when it is one: without a server it may be one of each.
std::optional<client::Resource> only_line(const ListFlags& flags,
                                          const std::vector<Ticket>& tickets) {
    const auto& [server, scope, id] = flags.resource;
    if (!scope || !id || !flags.statuses.empty() || flags.newest_first) return std::nullopt;
    std::set<std::string> servers;
    for (const auto& ticket : tickets) {
        for (const auto& resource : ticket.resources) {
            const bool is_meant = resource.scope == *scope && resource.id == *id;
            if (is_meant && (!server || resource.server == *server))
                servers.insert(resource.server);
        }
    }
    if (servers.size() != 1) return std::nullopt;
    return client::Resource{.server = *servers.begin(), .scope = *scope, .id = *id};
}

// The first so many of a line. Only the line itself tells their places.
client::Result<std::vector<Ticket>> in_order(const client::Client& client,
                                             const client::Resource& line, size_t count) {
    std::vector<Ticket> tickets;
    while (tickets.size() < count) {
        auto page = client.line_tickets(line, std::min(count - tickets.size(), page_items_max),
                                        tickets.size());
        if (!page) return tl::unexpected(std::move(page).error());
        if (page->tickets.empty()) break;
        std::move(page->tickets.begin(), page->tickets.end(), std::back_inserter(tickets));
    }
    return tickets;
}

int list(const ListFlags& flags) {
    const auto filter = filter_of(flags);
    if (!filter) return complain(filter.error());
    const auto client = flags.connect();
    auto listing = take(client.list_tickets(*filter), flags.shown());
    if (!listing) return complain(listing.error());
    auto& [tickets, more] = *listing;
    if (flags.json) {
        print_json_list("tickets", tickets, more);
        return exit_code::done;
    }
    if (const auto line = only_line(flags, tickets)) {
        auto ordered = in_order(client, *line, tickets.size());
        if (!ordered) return complain(ordered.error());
        tickets = std::move(*ordered);
    }
    if (!tickets.empty()) print(tickets_table(tickets, wall_time()));
    tell_of_more(more);
    return exit_code::done;
}

struct OneFlags : ClientFlags {
    std::string ticket;

    void add_to(CLI::App& command, Duration retry_for) {
        ClientFlags::add_to(command, retry_for);
        command.add_option("ticket", ticket, "Its UUID")->required()->type_name("UUID");
    }
};

int show_one(const OneFlags& flags) {
    const auto ticket = flags.connect().get_ticket(flags.ticket);
    if (!ticket) return complain(ticket.error());
    show(flags, *ticket);
    return exit_code::done;
}

int show_history(const OneFlags& flags) {
    const auto history = flags.connect().ticket_history(flags.ticket);
    if (!history) return complain(history.error());
    if (flags.json) {
        print_line(history->json);
        return exit_code::done;
    }
    const Instant now = wall_time();
    print(ticket_fields(history->ticket, now) + "\n");
    Table table({"WHEN", "TIME", "TRANSITION", "TOKEN", "BY", "REQUEST", "REASON"});
    for (const auto& entry : history->transitions) {
        table.add({relative_time(entry.at, now), format_instant(entry.at),
                   entry.count > 1 ? fmt::format("{} ({} times)", entry.transition, entry.count)
                                   : entry.transition,
                   entry.token == 0 ? "" : std::to_string(entry.token), entry.by, entry.request_id,
                   entry.reason});
    }
    print(table.text());
    return exit_code::done;
}

struct WaitFlags : OneFlags {
    std::optional<Duration> timeout;
};

int wait(const WaitFlags& flags) {
    const auto ticket = flags.connect().wait_ticket(flags.ticket, {.timeout = flags.timeout});
    if (!ticket) return complain(ticket.error());
    show(flags, *ticket);
    return ticket->status == TicketStatus::active ? exit_code::done : exit_code::try_later;
}

struct ReleaseFlags : OneFlags {
    client::Release release;
};

int release(const ReleaseFlags& flags) {
    const auto ticket = flags.connect().release_ticket(flags.ticket, flags.release);
    if (!ticket) return complain(ticket.error());
    if (flags.json) {
        print_line(ticket->json);
    } else {
        print_line("ticket " + ticket->uuid + " is " + std::string(name_of(ticket->status)));
    }
    return exit_code::done;
}

void add_list(CLI::App& ticket, int& status) {
    const auto flags = std::make_shared<ListFlags>();
    auto* command =
        ticket.add_subcommand("list", "Show tickets, those that are live; a line's in its order");
    flags->add_to(*command, retry_reads_for);
    flags->resource.add_to(*command);
    command
        ->add_option("--status", flags->statuses,
                     "Only those: queued, active, finished, expired, deleted; or all")
        ->delimiter(',')
        ->type_name("STATUS");
    command->add_option("--limit", flags->limit, "So many at most [100]")
        ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
        ->type_name("N");
    command->add_flag("--all", flags->all, "However many there are");
    command->add_flag("--newest-first", flags->newest_first, "By age, downwards");
    run_with(*command, status, flags, list);
}

void add_release(CLI::App& ticket, int& status) {
    const auto flags = std::make_shared<ReleaseFlags>();
    auto* command = ticket.add_subcommand("release", "End a ticket and let the next one in");
    flags->add_to(*command, retry_changes_for);
    command->add_option("--fencing-token", flags->release.token, "Only if this is its token")
        ->type_name("N");
    command->add_flag("--force", flags->release.force, "It is somebody else's; needs --reason");
    command->add_option("--reason", flags->release.reason, "Told in its history")
        ->type_name("TEXT");
    run_with(*command, status, flags, release);
}

}  // namespace

void add_ticket_commands(CLI::App& app, TrailingWords& trailing, int& status) {
    auto* ticket = app.add_subcommand("ticket", "Take tickets, and look after them");
    ticket->require_subcommand(1);
    add_acquire_command(*ticket, trailing, status);
    add_list(*ticket, status);

    const auto shown = std::make_shared<OneFlags>();
    auto* show_command = ticket->add_subcommand("show", "Show one ticket");
    shown->add_to(*show_command, retry_reads_for);
    run_with(*show_command, status, shown, show_one);

    const auto told = std::make_shared<OneFlags>();
    auto* history_command = ticket->add_subcommand("history", "Show what became of a ticket");
    told->add_to(*history_command, retry_reads_for);
    run_with(*history_command, status, told, show_history);

    const auto waited = std::make_shared<WaitFlags>();
    auto* wait_command = ticket->add_subcommand("wait", "Wait until a ticket is active");
    waited->add_to(*wait_command, retry_changes_for);
    add_duration(*wait_command, "--timeout", waited->timeout,
                 "How long; then the exit code is 75 [for ever]");
    run_with(*wait_command, status, waited, wait);

    add_release(*ticket, status);
    add_watch_command(*ticket, status);
}

}  // namespace signalbox
