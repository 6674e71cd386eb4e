#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace signalbox {

// What the command line has behind a "--": a program to run, with options of its own that are
// none of ours.
struct TrailingWords {
    std::vector<std::string> words;
    bool are_wanted = false;  // the command takes them
};

// The commands that are clients of a running server. Each parses its flags into something of
// its own, runs when the command line has been read, and leaves its exit code in `status`.
void add_client_commands(CLI::App& app, TrailingWords& trailing, int& status);

// By noun, and the larger verbs; add_client_commands() calls them all.
void add_ticket_commands(CLI::App& app, TrailingWords& trailing, int& status);
void add_acquire_command(CLI::App& ticket, TrailingWords& trailing, int& status);
void add_watch_command(CLI::App& ticket, int& status);
void add_line_commands(CLI::App& app, int& status);
void add_session_commands(CLI::App& app, int& status);
void add_queue_commands(CLI::App& app, int& status);
void add_message_commands(CLI::App& app, TrailingWords& trailing, int& status);
void add_tail_command(CLI::App& message, int& status);
void add_import_command(CLI::App& message, int& status);
void add_export_command(CLI::App& message, int& status);
void add_consume_command(CLI::App& message, TrailingWords& trailing, int& status);
void add_top_command(CLI::App& app, int& status);
void add_token_commands(CLI::App& app, int& status);
void add_wait_command(CLI::App& app, int& status);
void add_exec_command(CLI::App& app, TrailingWords& trailing, int& status);
void add_register_command(CLI::App& app, TrailingWords& trailing, int& status);

}  // namespace signalbox
