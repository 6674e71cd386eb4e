#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/cutting_proxy.h"
#include "support/server_process.h"

namespace signalbox {

// Clients that begin operations, appliers that carry them out or do not, and followers whose
// connections are cut over and over, with a server that is killed in the middle of it. At the end
// every operation has ended, in time or by its deadline, and each follower has seen the end of each
// once, when what it had seen before is put aside by its id.
class OperationCrashLoop {
public:
    struct Plan {
        unsigned operations = 1000;
        unsigned kills = 10;
        unsigned followers = 4;
        unsigned seed = 1;
        std::vector<std::string> arguments = {};  // of the server, beside those of the loop
    };
    explicit OperationCrashLoop(Plan plan);
    ~OperationCrashLoop();

    // What is wrong; empty when nothing is.
    std::vector<std::string> run();

    [[nodiscard]] uint64_t timed_out() const { return timed_out_; }
    [[nodiscard]] int connections() const { return proxy_->connections(); }

private:
    struct End {
        std::string event;  // its id
        std::string state;
    };
    using Ends = std::map<std::string, End>;  // by operation

    void begin_some(unsigned number);
    void carry_out(unsigned number);
    void follow(unsigned number);
    void take(unsigned number, const std::string& event, std::string& cursor);
    void check_ends();
    // Until it is true, or something is wrong.
    void wait_for(const std::function<bool()>& done);
    void complain(std::string text);
    [[nodiscard]] bool is_over();

    const Plan plan_;
    ServerProcess server_;
    std::unique_ptr<CuttingProxy> proxy_;
    int proxy_port_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Ends> seen_;  // by follower
    std::vector<std::string> complaints_;
    unsigned begun_ = 0;
    bool is_over_ = false;
    uint64_t timed_out_ = 0;

    std::vector<std::thread> threads_;
};

}  // namespace signalbox
