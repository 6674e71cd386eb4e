#include "app/worker_thread.h"

#include <sys/prctl.h>

namespace signalbox {

WorkerThread::WorkerThread() : thread_([this] { run(); }) {}

WorkerThread::~WorkerThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    condition_.notify_all();
    thread_.join();
}

void WorkerThread::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        work_.push_back(std::move(work));
    }
    condition_.notify_all();
}

void WorkerThread::drain() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return work_.empty() && !busy_; });
}

void WorkerThread::run() {
    ::prctl(PR_SET_NAME, "signalbox-work");
    std::unique_lock lock(mutex_);
    for (;;) {
        condition_.wait(lock, [this] { return stopping_ || !work_.empty(); });
        if (work_.empty()) return;
        const auto work = std::move(work_.front());
        work_.pop_front();
        busy_ = true;
        lock.unlock();
        work();
        lock.lock();
        busy_ = false;
        condition_.notify_all();
    }
}

}  // namespace signalbox
