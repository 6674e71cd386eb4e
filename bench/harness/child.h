#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "bench/load/load_loop.h"

namespace signalbox::bench {

// A server process that this one has started, and that dies with it whatever happens: the
// kernel kills it when its parent ends, and the destructor does before that.
class Child {
public:
    struct Plan {
        std::vector<std::string> command;
        std::string log;  // where its stderr goes
    };
    // Returns when it has said "... ready on http://127.0.0.1:PORT".
    static Result<std::unique_ptr<Child>> start(const Plan& plan);
    // For a program that says nothing: returns when it takes connections there.
    static Result<std::unique_ptr<Child>> start_at(const Plan& plan, Endpoint endpoint);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return endpoint_; }
    // From before the fork until it was ready.
    [[nodiscard]] Nanoseconds start_time() const { return start_time_; }

    // SIGTERM, and waits for it; fails when it does not end well.
    Result<void> stop();
    // SIGKILL, as a crash would.
    void kill();

    // Processor time used so far, by all its threads.
    [[nodiscard]] Nanoseconds processor_time() const;
    struct Memory {
        uint64_t resident = 0;   // bytes, program text and libraries included
        uint64_t anonymous = 0;  // of those, what it has allocated
    };
    [[nodiscard]] Memory memory() const;

private:
    Child(pid_t pid, int output) : pid_(pid), output_(output) {}
    Result<void> wait_ready(const std::string& log);
    Result<void> wait_connectable(const std::string& log);
    int reap();

    pid_t pid_;
    int output_;
    Endpoint endpoint_;
    Nanoseconds start_time_{};
};

// A port of loopback that nobody listens on at present.
Result<Endpoint> free_endpoint();

// Runs a program to its end and returns what it printed; it dies with this process too.
Result<std::string> run_program(const Child::Plan& plan);

}  // namespace signalbox::bench
