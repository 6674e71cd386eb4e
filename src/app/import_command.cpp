#include <memory>

#include "app/client_commands.h"
#include "app/import_run.h"

// signalbox message import

namespace signalbox {
namespace {

constexpr Duration retry_for_default = std::chrono::minutes(1);

int import_messages(const ImportFlags& flags) {
    return ImportRun(flags).run();
}

}  // namespace

void add_import_command(CLI::App& message, int& status) {
    const auto flags = std::make_shared<ImportFlags>();
    auto* command =
        message.add_subcommand("import", "Post many messages, one a line, over some connections");
    flags->add_to(*command, retry_for_default);
    command->add_option("queue", flags->queue, "The queue")->required()->type_name("QUEUE");
    command->add_option("--file", flags->file, "Read from here [the standard input]")
        ->type_name("FILE");
    command
        ->add_option_function<std::string>(
            "--form",
            [flags](const std::string& form) {
                flags->post.form =
                    form == "body" ? client::NdjsonForm::body : client::NdjsonForm::message;
            },
            "What a line is: a body, or a message with its ttl and so on [body]")
        ->check(CLI::IsMember({"body", "message"}))
        ->type_name("FORM");
    command->add_flag("--text", flags->is_text, "Lines are text, and no JSON");
    add_duration(*command, "--ttl", flags->ttl, "How long they live [the queue's]");
    add_duration(*command, "--delay", flags->delay, "After this they can be claimed");
    command->add_option("--group", flags->post.group, "Within it one after another")
        ->type_name("NAME");
    add_priority(*command, flags->post.priority);
    command->add_flag("--ordered", flags->is_ordered,
                      "Keep the order of the input, over one connection");
    command->add_option("--connections", flags->connections, "How many [4]")
        ->check(CLI::Range(size_t{1}, size_t{64}))
        ->type_name("N");
    command->add_option("--batch", flags->batch_messages, "Messages of a request at most [5000]")
        ->check(CLI::Range(size_t{1}, size_t{10'000}))
        ->type_name("N");
    command
        ->add_option("--key", flags->key,
                     "Importing the same input with the same key and --batch again posts\n"
                     "only what is missing")
        ->type_name("TEXT");
    command->add_flag("--quiet", flags->is_quiet, "Show no progress");
    run_with(*command, status, flags, import_messages);
}

}  // namespace signalbox
