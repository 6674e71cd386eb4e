#pragma once

#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "signalbox/client/client.h"
#include "sim/ticket_oracle.h"
#include "support/server_process.h"

namespace signalbox {

// Clients that take and release tickets of a few lines as fast as they can, a follower of the
// feed, and a server that is killed in the middle of it, over and over. Everything that anybody
// was told goes to the oracle that the simulator uses.
class CrashLoop {
public:
    struct Plan {
        unsigned kills = 50;
        unsigned workers = 8;
        unsigned lines = 3;
        unsigned seed = 1;
        std::vector<std::string> arguments = {};  // of the server, beside those of the loop
    };
    explicit CrashLoop(Plan plan);
    ~CrashLoop();

    // What is wrong; empty when nothing is.
    std::vector<std::string> run();

    [[nodiscard]] uint64_t cycles() const { return cycles_; }

private:
    void work(unsigned number);
    // One ticket, from its creation to its release. False when the server did not come back.
    bool cycle(const client::Client& client, std::mt19937& random);
    void follow();
    void wait_for_cycles(uint64_t more);
    void wait_until_follower_saw(const std::string& uuid);
    void compare_with_listing();
    void compare_with_feed();
    void complain(std::string text);

    const Plan plan_;
    ServerProcess server_;
    client::Options options_;

    std::mutex mutex_;
    std::condition_variable changed_;
    TicketOracle oracle_;
    std::vector<std::string> complaints_;
    std::string beginning_;  // cursor of before everything
    uint64_t cycles_ = 0;
    bool stopping_ = false;
    std::stop_source follower_stop_;

    std::thread follower_;
    std::vector<std::thread> workers_;
};

}  // namespace signalbox
