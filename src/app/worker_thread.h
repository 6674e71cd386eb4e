#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "port/executor.h"

namespace signalbox {

// A thread for slow work: checkpoints and the preparation of journal segments.
class WorkerThread : public Executor {
public:
    WorkerThread();
    // Finishes what was posted.
    ~WorkerThread() override;

    void post(std::function<void()> work) override;
    // Waits until everything posted so far is done.
    void drain();

private:
    void run();

    std::mutex mutex_;
    std::condition_variable condition_;
    std::deque<std::function<void()>> work_;
    bool busy_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace signalbox
