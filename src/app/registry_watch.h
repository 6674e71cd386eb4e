#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "base/time.h"

namespace signalbox {

// How a reader of the registry goes on from one answer to the next.

// The index to wait behind, from an answer. One that is lower than before means that the server has
// lost its past, so everything is read again.
inline uint64_t next_index(uint64_t before, uint64_t answered) {
    return answered < before ? 0 : answered;
}

// Longer and longer pauses between attempts that fail.
class Backoff {
public:
    void reset() { pause_ = pause_min; }
    // The next pause; no longer than `left`. Returns early when `stop` is requested.
    void rest(Duration left, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, std::min(pause_, left), [] { return false; });
        pause_ = std::min(pause_ * 2, pause_max);
    }

private:
    static constexpr Duration pause_min = std::chrono::milliseconds(100);
    static constexpr Duration pause_max = std::chrono::seconds(5);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    Duration pause_ = pause_min;
};

}  // namespace signalbox
