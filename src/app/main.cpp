#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string_view>

#include <unistd.h>

#include "app/client_commands.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "app/serve.h"
#include "app/version.h"

// signalbox: the server and its command line. This file only knows which words there are; each
// command has a file of its own.

namespace signalbox {
namespace {

void complain(const Error& error) {
    std::fprintf(stderr, "signalbox: %s\n", error.message.c_str());
}

// The options of `serve` come from their table.
struct ServeFlags {
    std::string config;
    OptionTexts texts;
};

Result<ServeOptions> read_options(const ServeFlags& flags) {
    OptionTexts file;
    if (!flags.config.empty()) {
        TRY_AS(file, read_config_file(flags.config));
    }
    TRY_AS(const auto environment, read_environment(::environ));
    return make_serve_options(file, environment, flags.texts);
}

void add_serve(CLI::App& app, ServeFlags& flags, int& status) {
    auto* serve_command = app.add_subcommand("serve", "Run the server");
    serve_command->add_option("--config", flags.config, "A TOML file with any of these options")
        ->envname("SIGNALBOX_CONFIG")
        ->type_name("FILE");
    for (const auto& spec : option_specs()) {
        if (spec.is_flag) {
            serve_command->add_flag_callback(
                spec.flag(), [&flags, &spec] { flags.texts[spec.name] = {"true"}; }, spec.help);
            continue;
        }
        auto* option = serve_command->add_option_function<std::vector<std::string>>(
            spec.flag(),
            [&flags, &spec](const std::vector<std::string>& values) {
                flags.texts[spec.name] = values;
            },
            spec.help);
        option->type_name(spec.placeholder)->type_size(1)->allow_extra_args(false);
        if (!spec.is_list) option->expected(1);
    }
    serve_command->callback([&flags, &status] {
        const auto options = read_options(flags);
        if (!options) {
            complain(options.error());
            status = 2;
            return;
        }
        status = serve(*options);
    });
}

int run(int argc, char** argv) {
    auto* const own_end = std::find(argv + 1, argv + argc, std::string_view("--"));
    TrailingWords trailing;
    if (own_end < argv + argc) trailing.words.assign(own_end + 1, argv + argc);
    CLI::App app("Tickets, queues, operations, collections and registry for control planes",
                 "signalbox");
    app.set_version_flag("--version", std::string("signalbox ") + version());
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);
    int status = 0;
    ServeFlags serve_flags;
    add_serve(app, serve_flags, status);
    add_client_commands(app, trailing, status);
    try {
        app.parse(static_cast<int>(own_end - argv), argv);
    } catch (const CLI::ParseError& error) {
        const bool asked_for = error.get_exit_code() == 0;
        if (asked_for) return app.exit(error);
        return complain_about_usage(error.what());
    }
    if (!trailing.words.empty() && !trailing.are_wanted) {
        return complain_about_usage(
            "only ticket acquire, message consume, exec and register take a command behind --");
    }
    return status;
}

}  // namespace
}  // namespace signalbox

int main(int argc, char** argv) {
    return signalbox::run(argc, argv);
}
