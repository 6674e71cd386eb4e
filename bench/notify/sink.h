#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "bench/load/load_loop.h"

namespace signalbox::bench {

// A subscriber that does as little as can be done: takes webhooks on kept connections, on a thread
// of its own, and answers 204. Bodies that hold `"body": "N"` came so long after the moment N of
// the steady clock, in nanoseconds.
class Sink {
public:
    static Result<std::unique_ptr<Sink>> start();
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    [[nodiscard]] uint16_t port() const { return port_; }
    [[nodiscard]] std::string url(std::string_view path) const;
    // So many were answered.
    [[nodiscard]] uint64_t count() const { return count_; }
    // Of those since this was last called.
    [[nodiscard]] Histogram take_latencies();

private:
    Sink() = default;
    Result<void> open();
    void run();
    void accept();
    // False when the connection is over.
    bool serve(int descriptor, std::string& input);
    void arrived(std::string_view body);

    int listener_ = -1;
    int epoll_ = -1;
    int bell_ = -1;  // ends the thread
    uint16_t port_ = 0;
    std::unordered_map<int, std::string> connections_;  // what has come and is not whole
    std::string output_;
    std::atomic<uint64_t> count_{0};
    std::mutex mutex_;
    Histogram latencies_;
    std::thread thread_;
};

}  // namespace signalbox::bench
