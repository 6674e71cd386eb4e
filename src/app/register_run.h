#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/registry_client.h"
#include "app/supervisor.h"

namespace signalbox {

struct RegisterFlags : RegistryFlags {
    std::string service;
    std::string id;
    std::string address;
    uint32_t port = 0;
    std::vector<std::string> tags;
    std::vector<std::string> meta;  // "name=value"
    std::optional<Duration> ttl;
    std::optional<Duration> reap_after;
    std::vector<std::string> command;
};

// One run of `register`: keeps a service in the registry for as long as this process, or the
// command that it runs, is alive. A heartbeat that fails for whatever reason is followed by a new
// registration, so that it survives a server that has lost it. Taken off at the end.
//
// The main thread has the command; another one tells the server.
class RegisterRun {
public:
    RegisterRun(const RegisterFlags& flags, RegistryAddress address);

    // The exit code.
    int run();

private:
    void keep_registered(const std::stop_token& stop);
    void deregister();
    [[nodiscard]] std::string registration() const;
    [[nodiscard]] Duration ttl() const;

    const RegisterFlags& flags_;
    const std::string id_;
    RegistryClient client_;  // of the thread that is running
    Supervisor supervisor_;
    std::atomic<int> refused_{0};  // the exit code, when the server wants no such service
};

}  // namespace signalbox
