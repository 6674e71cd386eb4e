#include <memory>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exec_run.h"
#include "app/exit_code.h"

// signalbox exec: a command with keys of the registry in its environment.

namespace signalbox {
namespace {

int exec(const ExecFlags& flags) {
    if (flags.command.empty()) {
        return complain_about_usage("the command to run goes at the end, behind a --");
    }
    if (flags.prefixes.empty()) return complain_about_usage("say which keys, with --prefix");
    int signal = 0;
    if (flags.on_change != "restart" && flags.on_change != "none") {
        signal = parse_signal(flags.on_change);
        if (signal == 0) {
            return complain_about_usage(
                "--on-change must be restart, none, or the name of a signal such as HUP");
        }
    }
    const auto address = flags.find();
    if (!address) return complain_about_usage(address.error().message);
    return ExecRun(flags, *address, signal).run();
}

}  // namespace

void add_exec_command(CLI::App& app, TrailingWords& trailing, int& status) {
    const auto flags = std::make_shared<ExecFlags>();
    auto* command =
        app.add_subcommand("exec",
                           "Run a command with keys of the registry in its environment:\n"
                           "signalbox exec --prefix app/config [flags] -- command ...");
    command
        ->add_option("--prefix", flags->prefixes,
                     "Keys below this path: a/b/c below a/ is the variable B_C. May be repeated; "
                     "the\nlast one that has a variable wins")
        ->type_name("PATH")
        ->type_size(1)
        ->allow_extra_args(false);
    command
        ->add_option("--on-change", flags->on_change,
                     "When they change: restart, none, or a signal's name, such as HUP [restart]")
        ->type_name("WHAT");
    add_duration(*command, "--deadline", flags->deadline,
                 "Give up when there are no keys by then [for ever]");
    add_duration(*command, "--settle", flags->settle,
                 "How long nothing must change any more before the command is told [500ms]");
    add_duration(*command, "--kill-after", flags->kill_after,
                 "Kill a command that is to be restarted and does not end by itself [30s]");
    command->add_flag("--keep-case", flags->keeps_case,
                      "Names of variables keep their letters as they are");
    command->add_flag("--allow-empty", flags->allows_empty,
                      "No keys are as good as any; else the last ones stay in force");
    flags->add_to(*command);
    command->callback([flags, &trailing, &status] {
        trailing.are_wanted = true;
        flags->command = trailing.words;
        status = exec(*flags);
    });
}

}  // namespace signalbox
