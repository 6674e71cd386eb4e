#include "app/client_flags.h"

#include <cstdio>

#include <fmt/format.h>

namespace signalbox {
namespace {

constexpr const char* exit_codes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  the server refused, for instance because there is no such ticket\n"
    "  2  wrong usage\n"
    " 69  the server was not reached\n"
    " 70  the server's answer makes no sense\n"
    " 75  not in the time that there was; trying again later may help";

}  // namespace

void ClientFlags::add_to(CLI::App& command, Duration retry_for) {
    options = client::Options::from_environment();
    options.retry_for = retry_for;
    command
        .add_option("--url", options.url,
                    fmt::format("The server (SIGNALBOX_URL) [{}]", client::Options().url))
        ->type_name("URL");
    command.add_option("--token", options.token, "Who is asking (SIGNALBOX_TOKEN)")
        ->type_name("TOKEN");
    command.add_option("--tenant", options.tenant, "For whom (SIGNALBOX_TENANT) [default]")
        ->type_name("NAME");
    command.add_option("--ca-file", options.ca_file, "Authorities to trust for https, as PEM")
        ->type_name("FILE");
    command
        .add_option_function<std::string>(
            "--retry-for",
            [this](const std::string& text) {
                const auto duration = parse_duration(text);
                if (!duration) throw CLI::ValidationError("--retry-for", duration.error().message);
                options.retry_for = *duration;
            },
            fmt::format("How long to go on trying when the server is not reached [{}]",
                        format_duration(retry_for)))
        ->type_name("TIME");
    command.add_flag("--json", json, "Say it in JSON");
    command.footer(exit_codes);
}

void ResourceFlags::add_to(CLI::App& command) {
    command.add_option("--server", server, "A UUID, or \"default\"")->type_name("UUID");
    command.add_option("--scope", scope, "The kind of thing, such as vm")->type_name("NAME");
    command.add_option("--id", id, "Which of them")->type_name("NAME");
}

CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::optional<Duration>& target, const std::string& help) {
    return command
        .add_option_function<std::string>(
            name,
            [name, &target](const std::string& text) {
                const auto duration = parse_duration(text);
                if (!duration) throw CLI::ValidationError(name, duration.error().message);
                target = *duration;
            },
            help)
        ->type_name("TIME");
}

CLI::Option* add_priority(CLI::App& command, uint8_t& target) {
    constexpr uint32_t priority_max = 9;
    return command
        .add_option_function<uint32_t>(
            "--priority", [&target](uint32_t priority) { target = static_cast<uint8_t>(priority); },
            "0 to 9, higher goes first [0]")
        ->check(CLI::Range(uint32_t{0}, priority_max))
        ->type_name("N");
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void print_line(const std::string& text) {
    print(text + "\n");
}

}  // namespace signalbox
