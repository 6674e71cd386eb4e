#include <memory>

#include <unistd.h>

#include "app/client_commands.h"
#include "app/exit_code.h"
#include "app/ticket_text.h"
#include "app/watch_view.h"

// signalbox ticket watch

namespace signalbox {
namespace {

constexpr Duration retry_for_default = std::chrono::hours(1);

// A wrong name, or a server that is not there, is told at once; later on we are patient.
client::Result<void> look_once(const WatchFlags& flags, const client::Client& client) {
    const client::CallOptions once{.retry_for = Duration::zero()};
    if (flags.ticket) {
        const auto ticket = client.get_ticket(*flags.ticket, once);
        if (!ticket) return tl::unexpected(ticket.error());
        return {};
    }
    const auto lines =
        client.list_lines({.server = flags.resource.server, .page_items = 1}, once).next_page();
    if (!lines) return tl::unexpected(lines.error());
    return {};
}

// Whether an event is the last one of the ticket that is watched.
bool is_last(const WatchFlags& flags, const client::Event& event) {
    return flags.ticket && event.ticket && event.ticket->uuid == *flags.ticket &&
           !client::is_live(event.ticket->status);
}

bool has_ended(const WatchFlags& flags, const client::Client& client) {
    if (!flags.ticket) return false;
    const auto ticket = client.get_ticket(*flags.ticket);
    return !ticket ? ticket.error().status == 404 : !client::is_live(ticket->status);
}

// One line an event, until the ticket has ended, if it is one.
int print_events(const WatchFlags& flags, const client::Client& client) {
    const auto on_event = [&](const client::Event& event) {
        switch (event.kind) {
            case client::Event::Kind::happened:
                print_line(flags.json ? event.json : event_text(event));
                return !is_last(flags, event);
            case client::Event::Kind::resync:
                // Nothing of it may get lost without a word.
                print_line(flags.json ? R"({"type":"signalbox.resync"})"
                                      : "some events are not kept any more");
                return !has_ended(flags, client);
            case client::Event::Kind::bookmark:
                // It may have ended before we began to listen.
                return !has_ended(flags, client);
        }
        return false;
    };
    const auto followed =
        client.follow(flags.filter(), on_event, {.cursor = flags.cursor, .call = {}});
    return followed ? exit_code::done : complain(followed.error());
}

int watch(const WatchFlags& flags) {
    if (flags.ticket && (flags.resource.scope || flags.resource.id || flags.resource.server)) {
        return complain_about_usage("a ticket is watched without --server, --scope and --id");
    }
    if (flags.resource.scope.has_value() != flags.resource.id.has_value()) {
        return complain_about_usage("--scope and --id go together");
    }
    const bool is_on_terminal = ::isatty(STDOUT_FILENO) == 1;
    if (is_on_terminal && !flags.json) {
        // Signals are dealt with before the first connection, which may start a thread.
        WatchView view(flags);
        if (const auto looked = look_once(flags, flags.connect()); !looked) {
            return complain(looked.error());
        }
        return view.run();
    }
    const auto client = flags.connect();
    if (const auto looked = look_once(flags, client); !looked) return complain(looked.error());
    return print_events(flags, client);
}

}  // namespace

void add_watch_command(CLI::App& ticket, int& status) {
    const auto flags = std::make_shared<WatchFlags>();
    auto* command = ticket.add_subcommand(
        "watch", "Show what happens: a live table on a terminal, else one line an event");
    flags->add_to(*command, retry_for_default);
    flags->resource.add_to(*command);
    command->add_option("ticket", flags->ticket, "One ticket, until it ends")->type_name("UUID");
    command->add_option("--cursor", flags->cursor, "Begin behind the event with this id")
        ->type_name("ID");
    run_with(*command, status, flags, watch);
}

}  // namespace signalbox
