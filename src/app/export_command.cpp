#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "app/client_commands.h"
#include "app/client_flags.h"
#include "app/exit_code.h"
#include "app/message_input.h"
#include "app/progress.h"
#include "app/queue_text.h"

// signalbox message export

namespace signalbox {
namespace {

constexpr Duration retry_for_default = std::chrono::minutes(1);
// As many as the server tells of in one answer.
constexpr uint64_t page_items_max = 1000;
// A page of bodies, about.
constexpr uint64_t page_bytes = 4u << 20;

struct ExportFlags : ClientFlags {
    std::string queue;
    std::string file = "-";
    client::NdjsonForm form = client::NdjsonForm::body;
    uint64_t after = 0;
    std::optional<size_t> page_items;
    bool is_quiet = false;
};

struct Closer {
    void operator()(std::FILE* file) const {
        if (file != stdout) std::fclose(file);
    }
};
using OutputFile = std::unique_ptr<std::FILE, Closer>;

client::Problem output_problem(const ExportFlags& flags) {
    return usage_problem(flags.file + ": " + std::strerror(errno));
}

struct Exported {
    uint64_t messages = 0;
    uint64_t next_after = 0;
};

client::Result<Exported> copy(const ExportFlags& flags, std::FILE* output, Progress& progress) {
    const auto client = flags.connect();
    const auto stats = client.queue_stats(flags.queue);
    if (!stats) return tl::unexpected(stats.error());
    const uint64_t bytes_each = stats->bytes / std::max<uint64_t>(stats->total, 1) + 64;
    client::MessageFilter filter;
    filter.after = flags.after;
    filter.include_claimed = true;
    filter.include_delayed = true;
    filter.page_items =
        flags.page_items.value_or(std::clamp<uint64_t>(page_bytes / bytes_each, 1, page_items_max));
    Exported exported{0, flags.after};
    for (;;) {
        const auto page = client.read_ndjson(flags.queue, filter, flags.form);
        if (!page) return tl::unexpected(page.error());
        if (page->text.empty()) return exported;
        if (std::fwrite(page->text.data(), 1, page->text.size(), output) != page->text.size()) {
            return tl::unexpected(output_problem(flags));
        }
        exported.messages +=
            static_cast<uint64_t>(std::count(page->text.begin(), page->text.end(), '\n'));
        exported.next_after = page->next_after;
        filter.after = page->next_after;
        const bool is_known = stats->total > 0 && flags.after == 0;
        progress.show(exported.messages,
                      is_known ? std::optional(static_cast<double>(exported.messages) /
                                               static_cast<double>(stats->total))
                               : std::nullopt);
    }
}

int export_messages(const ExportFlags& flags) {
    const OutputFile output(flags.file == "-" ? stdout : std::fopen(flags.file.c_str(), "wbe"));
    if (!output) return complain(output_problem(flags));
    client::Result<Exported> exported;
    double seconds = 0;
    {
        Progress progress(!flags.is_quiet);
        exported = copy(flags, output.get(), progress);
        seconds = progress.seconds();
    }
    if (exported && std::fflush(output.get()) != 0) {
        exported = tl::unexpected(output_problem(flags));
    }
    if (!exported) return complain(exported.error());
    // Where messages go to the standard output, nothing else may.
    if (flags.file == "-") return exit_code::done;
    print_line(flags.json
                   ? fmt::format(R"({{"exported":{},"seconds":{:.3f},"next_after":{}}})",
                                 exported->messages, seconds, exported->next_after)
                   : fmt::format("{} messages exported in {}", grouped(exported->messages),
                                 rough_duration(Duration(static_cast<int64_t>(seconds * 1000)))));
    return exit_code::done;
}

}  // namespace

void add_export_command(CLI::App& message, int& status) {
    const auto flags = std::make_shared<ExportFlags>();
    auto* command = message.add_subcommand(
        "export", "Write all messages of a queue, one a line, without taking them");
    flags->add_to(*command, retry_for_default);
    command->add_option("queue", flags->queue, "The queue")->required()->type_name("QUEUE");
    command->add_option("--file", flags->file, "Write there [the standard output]")
        ->type_name("FILE");
    command
        ->add_option_function<std::string>(
            "--form",
            [flags](const std::string& form) {
                flags->form =
                    form == "body" ? client::NdjsonForm::body : client::NdjsonForm::message;
            },
            "What a line is: a body, or a message with its ttl and so on, as import\n"
            "takes them [body]")
        ->check(CLI::IsMember({"body", "message"}))
        ->type_name("FORM");
    command->add_option("--after", flags->after, "Behind the message of this number [0]")
        ->type_name("N");
    command->add_option("--page", flags->page_items, "Messages of a request [as their size allows]")
        ->check(CLI::Range(uint64_t{1}, page_items_max))
        ->type_name("N");
    command->add_flag("--quiet", flags->is_quiet, "Show no progress");
    run_with(*command, status, flags, export_messages);
}

}  // namespace signalbox
