#include <memory>

#include "app/client_commands.h"
#include "app/top_view.h"

// signalbox top

namespace signalbox {
namespace {

int top(const TopFlags& flags) {
    return TopView(flags).run();
}

}  // namespace

void add_top_command(CLI::App& app, int& status) {
    const auto flags = std::make_shared<TopFlags>();
    auto* command =
        app.add_subcommand("top", "Show what goes through the queues: a live table on a terminal");
    flags->add_to(*command, retry_reads_for);
    command->add_option("--prefix", flags->prefix, "Only queues whose names begin so")
        ->type_name("TEXT");
    command
        ->add_option("--sort", flags->sort, "posted, claimed, deleted, depth, size, oldest or name")
        ->check(CLI::IsMember({"posted", "claimed", "deleted", "depth", "size", "oldest", "name"}))
        ->type_name("WHAT");
    add_duration(*command, "--interval", flags->interval, "Between two looks [1s]");
    command->add_option("--queues", flags->queues_max, "Look at so many at most [1000]")
        ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
        ->type_name("N");
    command->add_option("--rows", flags->rows, "Show so many at most")->type_name("N");
    command->add_flag("--once", flags->once, "Look twice, show the difference, and end");
    run_with(*command, status, flags, top);
}

}  // namespace signalbox
