#include <memory>

#include "app/acquire_run.h"
#include "app/client_commands.h"
#include "app/exit_code.h"

// signalbox ticket acquire ... -- command

namespace signalbox {
namespace {

constexpr Duration retry_for_default = std::chrono::seconds(10);

constexpr const char* epilogue =
    "The command runs while the ticket is held, with SIGNALBOX_TICKET, SIGNALBOX_FENCING_TOKEN\n"
    "and SIGNALBOX_OWNER in its environment. Signals are passed on to it.\n"
    "\n"
    "Exit codes:\n"
    "  N  of the command; 128 + N when signal N ended it\n"
    "  1  the server refused\n"
    "  2  wrong usage\n"
    " 69  the server was not reached\n"
    " 70  the server's answer makes no sense\n"
    " 75  the ticket did not get its turn within --wait-max, or the line takes nobody now\n"
    " 79  the ticket was lost while the command ran, and the command was ended\n"
    "126  the command cannot be run\n"
    "127  there is no such command";

void add_line_flags(CLI::App& command, AcquireFlags& flags) {
    auto& request = flags.request;
    command.add_option("--server", request.resource.server, "A UUID [default]")->type_name("UUID");
    command.add_option("--scope", request.resource.scope, "The kind of thing, such as vm")
        ->required()
        ->type_name("NAME");
    command.add_option("--id", request.resource.id, "Which of them")->required()->type_name("NAME");
    command.add_flag("--shared", flags.is_shared, "Together with others that say so");
    command
        .add_option("--slots", request.slots,
                    "How many may hold the line at once; all who\n"
                    "join it must say the same")
        ->type_name("N");
    command.add_option("--priority", request.priority, "Higher goes first [0]")->type_name("N");
}

void add_time_flags(CLI::App& command, AcquireFlags& flags) {
    add_duration(command, "--ttl", flags.ttl,
                 "How long the ticket outlives the last sign of life of this command [30s]");
    add_duration(command, "--wait-max", flags.wait_max, "Wait no longer for its turn [for ever]");
    add_duration(command, "--hold-max", flags.hold_max, "Hold it no longer [for ever]");
    add_duration(command, "--kill-after", flags.kill_after,
                 "When the ticket is lost, kill a command that does not end by itself [10s]");
}

void add_text_flags(CLI::App& command, AcquireFlags& flags) {
    command
        .add_option("--owner", flags.owner,
                    "Who does the work, for the search for deadlocks\n"
                    "(SIGNALBOX_OWNER) [USER@HOST:PID]")
        ->type_name("NAME");
    command.add_option("--action", flags.action, "What for; told to whoever looks")
        ->type_name("TEXT");
    command.add_option("--reason", flags.reason, "Told in its history when it is released")
        ->type_name("TEXT");
    command
        .add_option_function<std::string>(
            "--on-lost",
            [&flags](const std::string& text) { flags.ends_when_lost = text == "terminate"; },
            "What happens to the command when the ticket is lost: terminate, or ignore\n"
            "[terminate]")
        ->check(CLI::IsMember({"terminate", "ignore"}))
        ->type_name("WHAT");
}

int acquire(const AcquireFlags& flags) {
    if (flags.command.empty()) {
        return complain_about_usage("the command to run goes at the end, behind a --");
    }
    return AcquireRun(flags).run();
}

}  // namespace

void add_acquire_command(CLI::App& ticket, TrailingWords& trailing, int& status) {
    const auto flags = std::make_shared<AcquireFlags>();
    auto* command = ticket.add_subcommand(
        "acquire",
        "Wait for a ticket and run a command while it is held:\n"
        "signalbox ticket acquire --scope NAME --id NAME [flags] -- command ...");
    flags->add_to(*command, retry_for_default);
    add_line_flags(*command, *flags);
    add_time_flags(*command, *flags);
    add_text_flags(*command, *flags);
    command->footer(epilogue);
    command->callback([flags, &trailing, &status] {
        trailing.are_wanted = true;
        flags->command = trailing.words;
        status = acquire(*flags);
    });
}

}  // namespace signalbox
