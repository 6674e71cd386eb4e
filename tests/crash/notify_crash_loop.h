#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sim/notification_oracle.h"
#include "support/server_process.h"
#include "support/webhook_sink.h"

namespace signalbox {

// Subscribers that fail one call in ten, clients that post as fast as they can, and a server that
// is killed in the middle of it, over and over. What was posted and what arrived is told to the
// oracle of the simulator.
class NotifyCrashLoop {
public:
    struct Plan {
        unsigned kills = 10;
        uint64_t notifications = 20'000;  // that are to arrive, all in all
        unsigned queues = 5;
        unsigned subscribers = 4;  // of each
        unsigned seed = 1;
        std::vector<std::string> arguments = {};  // of the server, beside those of the loop
    };
    explicit NotifyCrashLoop(Plan plan);
    ~NotifyCrashLoop();

    // What is wrong; empty when nothing is.
    std::vector<std::string> run();

    [[nodiscard]] uint64_t calls() const { return calls_; }
    [[nodiscard]] uint64_t taken() const { return taken_; }

private:
    WebhookSink::Answer answer(const WebhookSink::Call& call);
    void subscribe(const std::string& queue, const std::string& target);
    void post(const std::string& queue, uint64_t count);
    // Asked with the lock held, whenever something has arrived.
    void wait_until(const std::function<bool()>& is_so);
    void complain(std::string text);

    const Plan plan_;
    ServerProcess server_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::mt19937 random_;
    std::optional<NotificationOracle> oracle_;
    std::vector<std::string> complaints_;
    uint64_t calls_ = 0;
    uint64_t taken_ = 0;
    std::vector<std::thread> posters_;
    WebhookSink sink_;  // behind what it tells
};

}  // namespace signalbox
