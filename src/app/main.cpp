#include <CLI/CLI.hpp>
#include <cstdio>

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
        OptionTexts file;
        if (!flags.config.empty()) {
            auto read = read_config_file(flags.config);
            if (!read) {
                complain(read.error());
                status = 2;
                return;
            }
            file = std::move(*read);
        }
        const auto options = make_serve_options(file, read_environment(), flags.texts);
        if (!options) {
            complain(options.error());
            status = 2;
            return;
        }
        status = serve(*options);
    });
}

int run(int argc, char** argv) {
    CLI::App app("Tickets, queues, operations, collections and registry for control planes",
                 "signalbox");
    app.set_version_flag("--version", std::string("signalbox ") + version());
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);
    int status = 0;
    ServeFlags serve_flags;
    add_serve(app, serve_flags, status);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked_for = error.get_exit_code() == 0;
        if (asked_for) return app.exit(error);
        std::fprintf(stderr, "signalbox: %s\nTry signalbox --help.\n", error.what());
        return 2;
    }
    return status;
}

}  // namespace
}  // namespace signalbox

int main(int argc, char** argv) {
    return signalbox::run(argc, argv);
}
