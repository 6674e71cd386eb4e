#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace signalbox {

// The command that `ticket acquire` or `message consume` runs. It has our input (or one of its
// own), outputs and directory, and the signals as if it had been started by itself. Main thread;
// SIGCHLD says when to ask has_ended().
//
// It stays in our process group. In one of its own it would be a background job to the
// terminal, stopped as soon as it reads from there, unless we did all of a shell's job control;
// and a shell that stops, continues or ends its job would miss it. In ours, the terminal's
// Ctrl-C and Ctrl-Z reach it without us, as they would if we were not there.
class ChildProcess {
public:
    struct Spec {
        std::vector<std::string> words;
        std::vector<std::pair<std::string, std::string>> environment;  // beside our own
        std::optional<std::string> input = {};                         // to read, instead of ours
        // When we are killed, nobody renews its ticket any more: then it is asked to end, too.
        bool ends_with_us = true;
    };
    struct Failure {
        int exit_code = 0;
        std::string text;
    };

    // What is open by now, it inherits; what this process opens later, it does not.
    ChildProcess();

    // Whether there is such a program, as start() would look for it.
    static std::optional<Failure> check(const std::string& program);

    // Nothing, or why it did not start.
    std::optional<Failure> start(const Spec& spec);
    // While it runs.
    [[nodiscard]] std::optional<pid_t> pid() const;
    void send(int signal) const;
    // To it and to everything that it has started: an interpreter that ends does not take with
    // it what it runs.
    void send_to_all(int signal) const;
    // Takes note of every child of this process that has ended, also of those that it did not start
    // itself; true when there is none any more.
    bool bury();
    // Its exit status, 128 + n for signal n; nothing while it runs.
    std::optional<int> has_ended();

private:
    std::set<int> inherited_;
    pid_t pid_ = -1;
    std::optional<int> status_;
};

}  // namespace signalbox
