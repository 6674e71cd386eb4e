#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "signalbox/client/client.h"

namespace signalbox {

// A server that is away: looking is worth no waiting, changing is.
inline constexpr Duration retry_reads_for = Duration::zero();
inline constexpr Duration retry_changes_for = std::chrono::seconds(10);

// The flags that every client command has: where the server is, and how to show what it says.
// A flag wins over its environment variable.
struct ClientFlags {
    client::Options options;
    bool json = false;

    // `retry_for` is how long the command goes on trying unless it is told otherwise.
    void add_to(CLI::App& command, Duration retry_for);
    [[nodiscard]] client::Client connect() const { return client::Client(options); }
};

// The flags that name a line.
struct ResourceFlags {
    std::optional<std::string> server;
    std::optional<std::string> scope;
    std::optional<std::string> id;

    void add_to(CLI::App& command);
};

// A flag for a span of time, such as "90s".
CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::optional<Duration>& target, const std::string& help);

// A flag for the priority of messages.
CLI::Option* add_priority(CLI::App& command, uint8_t& target);

// Ends the command in the way of its callback, with `status` for the exit code.
template <class Flags>
void run_with(CLI::App& command, int& status, const Flags& flags,
              int (*run)(const typename Flags::element_type&)) {
    command.callback([flags, run, &status] { status = run(*flags); });
}

// Everything that a person or a program reads goes through here. A reader that has gone away
// is no error.
void print(const std::string& text);
void print_line(const std::string& text);

}  // namespace signalbox
