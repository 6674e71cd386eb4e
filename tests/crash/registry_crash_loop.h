#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/server_process.h"

namespace signalbox {

// Clients of Consul's routes and a server that is killed in the middle of it: some write numbers
// that grow, some wait for them, some want to hold one key, some register services. What was
// acknowledged is there, no index goes back, and the key has one holder at a time.
class RegistryCrashLoop {
public:
    struct Plan {
        unsigned kills = 10;
        unsigned writes_between_kills = 300;
        std::vector<std::string> arguments = {};  // of the server, beside those of the loop
    };
    explicit RegistryCrashLoop(Plan plan);
    ~RegistryCrashLoop();

    // What is wrong; empty when nothing is.
    std::vector<std::string> run();

    [[nodiscard]] uint64_t writes() const { return writes_; }
    [[nodiscard]] uint64_t locks() const { return locks_; }

private:
    void write(unsigned number);
    void wait_for_changes(unsigned number);
    void hold(unsigned number);
    void registers(unsigned number);
    // Asks until it is answered as it should be; false when the loop is over.
    bool insist(const std::string& request, std::string& body);
    void check_at_the_end();
    void complain(std::string text);
    [[nodiscard]] bool is_over() const { return is_over_; }

    const Plan plan_;
    ServerProcess server_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, uint64_t> acknowledged_;  // by key
    std::set<std::string> services_;
    std::set<std::string> gone_;
    std::vector<std::string> complaints_;
    uint64_t index_ = 0;  // the highest that anybody has seen
    std::string holder_;
    uint64_t writes_ = 0;
    uint64_t locks_ = 0;
    std::atomic<bool> is_over_ = false;

    std::vector<std::thread> threads_;
};

}  // namespace signalbox
