#include <memory>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/listing.h"
#include "app/ticket_text.h"

// signalbox line list | show | pause | resume | drain | slots

namespace signalbox {
namespace {

constexpr size_t tickets_shown_max = 1000;

struct ListFlags : ClientFlags {
    std::optional<std::string> server;
};

int list(const ListFlags& flags) {
    const auto lines =
        flags.connect().list_lines({.server = flags.server, .page_items = 1000}).rest();
    if (!lines) return complain(lines.error());
    if (flags.json) {
        print_json_list("lines", *lines, false);
    } else if (!lines->empty()) {
        print(lines_table(*lines, wall_time()));
    }
    return exit_code::done;
}

struct LineFlags : ClientFlags {
    client::Resource resource;
    client::LineChange change;

    void add_to(CLI::App& command, Duration retry_for) {
        ClientFlags::add_to(command, retry_for);
        command.add_option("--server", resource.server, "A UUID [default]")->type_name("UUID");
        command.add_option("--scope", resource.scope, "The kind of thing, such as vm")
            ->required()
            ->type_name("NAME");
        command.add_option("--id", resource.id, "Which of them")->required()->type_name("NAME");
    }
};

int show(const LineFlags& flags) {
    const auto line = flags.connect().get_line(flags.resource);
    if (!line) return complain(line.error());
    if (flags.json) {
        print_line(line->json);
        return exit_code::done;
    }
    const auto inside = flags.connect().line_tickets(flags.resource, tickets_shown_max);
    if (!inside) return complain(inside.error());
    const Instant now = wall_time();
    print(line_fields(*line, now));
    if (!inside->tickets.empty()) print("\n" + tickets_table(inside->tickets, now));
    return exit_code::done;
}

int change(const LineFlags& flags) {
    const auto line = flags.connect().set_line(flags.resource, flags.change);
    if (!line) return complain(line.error());
    if (flags.json) {
        print_line(line->json);
    } else {
        print(line_fields(*line, wall_time()));
    }
    return exit_code::done;
}

CLI::App& add_verb(CLI::App& noun, int& status, const std::string& name, const std::string& help,
                   const std::shared_ptr<LineFlags>& flags, int (*run)(const LineFlags&)) {
    auto* command = noun.add_subcommand(name, help);
    flags->add_to(*command, run == show ? retry_reads_for : retry_changes_for);
    run_with(*command, status, flags, run);
    return *command;
}

void add_reason(CLI::App& command, LineFlags& flags) {
    command.add_option("--reason", flags.change.reason, "Told to whoever looks or is refused")
        ->type_name("TEXT");
}

}  // namespace

void add_line_commands(CLI::App& app, int& status) {
    auto* line = app.add_subcommand("line", "Look at lines of tickets, and direct them");
    line->require_subcommand(1);

    const auto listed = std::make_shared<ListFlags>();
    auto* list_command = line->add_subcommand("list", "Show lines that are used or have settings");
    listed->add_to(*list_command, retry_reads_for);
    list_command->add_option("--server", listed->server, "Only of this one")->type_name("UUID");
    run_with(*list_command, status, listed, list);

    add_verb(*line, status, "show", "Show a line and who is in it", std::make_shared<LineFlags>(),
             show);

    const auto paused = std::make_shared<LineFlags>();
    paused->change.paused = true;
    add_reason(add_verb(*line, status, "pause", "Let nobody become active", paused, change),
               *paused);

    const auto drained = std::make_shared<LineFlags>();
    drained->change.draining = true;
    add_reason(add_verb(*line, status, "drain", "Let nobody join", drained, change), *drained);

    const auto resumed = std::make_shared<LineFlags>();
    resumed->change = {.paused = false, .draining = false, .reason = ""};
    add_verb(*line, status, "resume", "End pause and drain", resumed, change);

    const auto sized = std::make_shared<LineFlags>();
    auto& slots_command =
        add_verb(*line, status, "slots", "Say how many may be active at once", sized, change);
    slots_command
        .add_option("slots", sized->change.slots, "How many; 0: as its tickets say, or one")
        ->required()
        ->type_name("N");
}

}  // namespace signalbox
