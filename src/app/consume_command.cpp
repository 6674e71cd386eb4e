#include <memory>

#include "app/client_commands.h"
#include "app/consume_run.h"
#include "app/exit_code.h"

// signalbox message consume QUEUE ... -- command

namespace signalbox {
namespace {

constexpr Duration retry_for_default = std::chrono::minutes(1);

constexpr const char* epilogue =
    "The command runs once for each message, with the body as its input and SIGNALBOX_QUEUE,\n"
    "SIGNALBOX_MESSAGE, SIGNALBOX_CLAIM and SIGNALBOX_CLAIM_COUNT in its environment. When it\n"
    "ends with 0, the message is acknowledged; else it is released, and counts as failed. The\n"
    "claim is renewed for as long as it runs. A server that is away is waited for.\n"
    "\n"
    "Exit codes:\n"
    "  0  ended by a signal, --count or --until-empty\n"
    "  1  the server refused\n"
    "  2  wrong usage\n"
    " 70  the server's answer makes no sense\n"
    "126  the command cannot be run\n"
    "127  there is no such command";

int consume(const ConsumeFlags& flags) {
    if (flags.command.empty()) {
        return complain_about_usage("the command to run goes at the end, behind a --");
    }
    return ConsumeRun(flags).run();
}

}  // namespace

void add_consume_command(CLI::App& message, TrailingWords& trailing, int& status) {
    const auto flags = std::make_shared<ConsumeFlags>();
    auto* command =
        message.add_subcommand("consume",
                               "Run a command for each message as it comes:\n"
                               "signalbox message consume QUEUE [flags] -- command ...");
    flags->add_to(*command, retry_for_default);
    command->add_option("queue", flags->queue, "The queue")->required()->type_name("QUEUE");
    command->add_option("--batch", flags->batch, "Messages to claim at a time [1]")
        ->check(CLI::Range(size_t{1}, size_t{1000}))
        ->type_name("N");
    add_duration(*command, "--claim-ttl", flags->claim_ttl,
                 "How long a message outlives the last sign of life of this command [1m]");
    add_duration(*command, "--release-delay", flags->release_delay,
                 "How long a message rests before it comes again [1s]");
    command->add_option("--count", flags->messages_max, "End after so many")->type_name("N");
    command->add_flag("--until-empty", flags->ends_when_empty, "End when there is no message");
    command->add_flag("--text", flags->is_text,
                      "Bodies that are JSON strings are given without quotes");
    command->footer(epilogue);
    command->callback([flags, &trailing, &status] {
        trailing.are_wanted = true;
        flags->command = trailing.words;
        status = consume(*flags);
    });
}

}  // namespace signalbox
