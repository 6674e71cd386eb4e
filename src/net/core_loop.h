#pragma once

#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/partition.h"

namespace signalbox {

class IoThread;

// Calls a partition's run_batch() whenever it was woken or its next deadline has come. There
// are two ways: a thread of its own, or a guest on an io thread, which is 15 to 25 % faster
// where there are two cores or fewer. The partition does not know which.
class CoreLoop {
public:
    virtual ~CoreLoop() = default;

    // There are commands. Any thread, also before start().
    virtual void wake() = 0;
    virtual void start(Partition& partition) = 0;
    // Runs `work` between two batches, and returns when it is done. Not from the loop's own
    // thread.
    virtual void call(std::function<void()> work) = 0;
    // No batch runs any more when it returns.
    virtual void stop() = 0;

    static std::unique_ptr<CoreLoop> on_own_thread();
    static std::unique_ptr<CoreLoop> on(IoThread& thread);
};

}  // namespace signalbox
