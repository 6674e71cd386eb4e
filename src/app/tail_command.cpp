#include <memory>

#include <fmt/format.h>
#include <poll.h>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/table.h"

// signalbox message tail

namespace signalbox {
namespace {

constexpr Duration retry_for_default = std::chrono::hours(1);
constexpr size_t page_items = 1000;

struct TailFlags : ClientFlags {
    std::string queue;
    uint64_t before = 0;
    std::optional<uint64_t> count;
    std::optional<Duration> interval;
};

void show(const TailFlags& flags, const client::Message& message) {
    if (flags.json) return print_line(message.json);
    print_line(printable(
        fmt::format("{}  {}  {}", format_instant(message.created_at), message.id, message.body)));
}

// Looks again and again, and takes nothing from anybody.
int tail(const TailFlags& flags) {
    const auto client = flags.connect();
    const auto stats = client.queue_stats(flags.queue, {.retry_for = Duration::zero()});
    if (!stats) return complain(stats.error());
    client::MessageFilter filter;
    filter.after = stats->posted > flags.before ? stats->posted - flags.before : 0;
    filter.include_claimed = true;
    filter.page_items = page_items;
    uint64_t shown = 0;
    for (;;) {
        auto pager = client.list_messages(flags.queue, filter);
        for (;;) {
            const auto message = pager.next();
            if (!message) return complain(message.error());
            if (!*message) break;
            if (flags.count && shown == *flags.count) return exit_code::done;
            show(flags, **message);
            ++shown;
            filter.after = (*message)->sequence;
        }
        if (flags.count && shown >= *flags.count) return exit_code::done;
        const auto pause = flags.interval.value_or(std::chrono::milliseconds(500));
        ::poll(nullptr, 0, static_cast<int>(pause.count()));
    }
}

}  // namespace

void add_tail_command(CLI::App& message, int& status) {
    const auto flags = std::make_shared<TailFlags>();
    auto* command = message.add_subcommand(
        "tail", "Show messages as they are posted, without taking them; until Ctrl-C");
    flags->add_to(*command, retry_for_default);
    command->add_option("queue", flags->queue, "The queue")->required()->type_name("QUEUE");
    command->add_option("-n,--lines", flags->before, "The latest ones first, so many [0]")
        ->type_name("N");
    command->add_option("--count", flags->count, "End after so many")->type_name("N");
    add_duration(*command, "--interval", flags->interval, "How often to look [500ms]");
    run_with(*command, status, flags, tail);
}

}  // namespace signalbox
