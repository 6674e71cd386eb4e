#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/kv_environment.h"
#include "app/registry_client.h"
#include "app/supervisor.h"

namespace signalbox {

struct ExecFlags : RegistryFlags {
    std::vector<std::string> prefixes;
    std::string on_change = "restart";
    std::optional<Duration> deadline;
    std::optional<Duration> settle;
    std::optional<Duration> kill_after;
    bool keeps_case = false;
    bool allows_empty = false;
    std::vector<std::string> command;
};

// One run of `exec`: waits for the keys, runs the command with them in its environment, and
// restarts it, or sends it a signal, when they change. It never makes things worse: while the
// server is away, refuses, or has lost the keys, the command goes on with what was good last.
//
//   waiting --keys are there--> running --command ends--> its exit code
//                                  +--keys change, and stay so for a moment--> ended, then running
//
// The main thread has the command; a thread for each prefix waits for changes.
class ExecRun {
public:
    ExecRun(const ExecFlags& flags, RegistryAddress address, int change_signal);
    ~ExecRun();

    // The exit code.
    int run();

private:
    using Clock = Supervisor::Clock;

    // What a thread has found below one prefix.
    struct Watched {
        std::string prefix;
        std::optional<RegistryClient::Values> values;  // the last good ones
        std::optional<Error> trouble;                  // of the last read
    };

    void watch(Watched& watched, const std::stop_token& stop);
    void found(Watched& watched, RegistryClient::Values values);
    void failed(Watched& watched, const Error& error);
    // Of all prefixes, the later ones first; nothing while one of them is missing, or makes no
    // environment.
    std::optional<Environment> environment();
    // The exit code, when it is not worth waiting any more.
    std::optional<int> wait_for_first(Environment& first);
    std::optional<int> hopeless();
    int run_command(Environment current);

    const ExecFlags& flags_;
    const RegistryAddress address_;
    const int change_signal_;  // zero: the command is restarted
    Supervisor supervisor_;
    std::mutex mutex_;  // of what follows
    std::vector<std::unique_ptr<Watched>> watched_;
    std::string told_;  // the last complaint about the environment
    std::vector<std::jthread> threads_;
};

}  // namespace signalbox
