#pragma once

#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "signalbox/client/client.h"
#include "sim/queue_history.h"
#include "support/server_process.h"

namespace signalbox {

// Clients that post to a queue, claim from it and acknowledge as fast as they can, and a server
// that is killed in the middle of it, over and over. What they asked and were told goes into the
// history that the simulator uses; at the end the queue is drained, and its oracle asked.
class QueueCrashLoop {
public:
    struct Plan {
        unsigned kills = 30;
        unsigned workers = 8;
        unsigned seed = 1;
        std::vector<std::string> arguments = {};  // of the server, beside those of the loop
    };
    explicit QueueCrashLoop(Plan plan);
    ~QueueCrashLoop();

    // What is wrong; empty when nothing is.
    std::vector<std::string> run();

    [[nodiscard]] uint64_t acknowledged() const { return acknowledged_; }

private:
    void work(unsigned number);
    void post(unsigned number, std::mt19937& random);
    void take(std::mt19937& random);
    // Claims; what it was given.
    QueueCall* claim(size_t limit, client::Duration wait);
    void acknowledge(const QueueCall& claim, size_t count);
    void release(const QueueCall& claim);
    void drain();

    QueueCall& begin(QueueCall call);
    template <class Answer>
    bool end(QueueCall& call, const client::Result<Answer>& answer);
    void wait_for_calls(uint64_t more);
    void complain(std::string text);
    void tick();

    const Plan plan_;
    ServerProcess server_;
    client::Options options_;
    client::CallOptions once_;  // what became of it shall be known

    std::mutex mutex_;
    std::condition_variable changed_;
    QueueHistory history_;
    std::vector<std::string> complaints_;
    uint64_t calls_ = 0;
    uint64_t tokens_ = 0;
    uint64_t acknowledged_ = 0;
    bool stopping_ = false;

    std::vector<std::thread> workers_;
};

}  // namespace signalbox
