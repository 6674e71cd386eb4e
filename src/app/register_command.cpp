#include <memory>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/register_run.h"

// signalbox register: a service in the registry, for as long as something runs.

namespace signalbox {
namespace {

int register_service(const RegisterFlags& flags) {
    if (flags.service.empty()) return complain_about_usage("say which service, with --service");
    for (const auto& pair : flags.meta) {
        if (pair.find('=') == std::string::npos || pair.starts_with('=')) {
            return complain_about_usage("--meta must be NAME=VALUE");
        }
    }
    if (flags.ttl && *flags.ttl < std::chrono::seconds(1)) {
        return complain_about_usage("--ttl must be at least 1s");
    }
    const auto address = flags.find();
    if (!address) return complain_about_usage(address.error().message);
    return RegisterRun(flags, *address).run();
}

}  // namespace

void add_register_command(CLI::App& app, TrailingWords& trailing, int& status) {
    const auto flags = std::make_shared<RegisterFlags>();
    auto* command = app.add_subcommand(
        "register",
        "Keep a service in the registry for as long as this, or a command, runs:\n"
        "signalbox register --service NAME [flags] [-- command ...]");
    command->add_option("--service", flags->service, "What it is called")->type_name("NAME");
    command->add_option("--id", flags->id, "Which instance of it [its name]")->type_name("ID");
    command->add_option("--address", flags->address, "Where it is [where its node is]")
        ->type_name("HOST");
    command->add_option("--port", flags->port, "Its port [0]")
        ->type_name("PORT")
        ->check(CLI::Range(0, 65'535));
    command->add_option("--tag", flags->tags, "May be repeated")
        ->type_name("TAG")
        ->type_size(1)
        ->allow_extra_args(false);
    command->add_option("--meta", flags->meta, "May be repeated")
        ->type_name("NAME=VALUE")
        ->type_size(1)
        ->allow_extra_args(false);
    add_duration(*command, "--ttl", flags->ttl,
                 "How long it counts as well after the last sign of life [30s]");
    add_duration(*command, "--deregister-after", flags->reap_after,
                 "How long after that it is taken off; at least 1m [never]");
    flags->add_to(*command);
    command->callback([flags, &trailing, &status] {
        trailing.are_wanted = true;
        flags->command = trailing.words;
        status = register_service(*flags);
    });
}

}  // namespace signalbox
