#include "net/core_loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <optional>

#include <sys/prctl.h>

#include "net/io_thread.h"

namespace signalbox {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

// For more requests, before a batch is begun.
constexpr int looks_max = 2;

class OwnThread final : public CoreLoop {
public:
    ~OwnThread() override { stop(); }

    void wake() override {
        {
            const std::lock_guard lock(mutex_);
            woken_ = true;
        }
        condition_.notify_one();
    }

    void start(Partition& partition) override {
        thread_ = std::thread([this, &partition] {
            ::prctl(PR_SET_NAME, "signalbox-core");
            run(partition);
        });
    }

    void call(std::function<void()> work) override {
        std::promise<void> done;
        {
            const std::lock_guard lock(mutex_);
            work_ = [&] {
                work();
                done.set_value();
            };
        }
        condition_.notify_one();
        done.get_future().wait();
    }

    void stop() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        condition_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    void run(Partition& partition) {
        for (;;) {
            const bool more = partition.run_batch();
            const auto until = partition.until_next_deadline();
            std::unique_lock lock(mutex_);
            const auto has_news = [this] { return woken_ || stopping_ || work_; };
            if (!more) {
                if (until) {
                    condition_.wait_for(lock, *until, has_news);
                } else {
                    condition_.wait(lock, has_news);
                }
            }
            if (stopping_) return;
            woken_ = false;
            if (!work_) continue;
            const auto work = std::move(work_);
            work_ = nullptr;
            lock.unlock();
            work();
        }
    }

    std::mutex mutex_;
    std::condition_variable condition_;
    bool woken_ = false;
    bool stopping_ = false;
    std::function<void()> work_;
    std::thread thread_;
};

// The batch runs behind everything that is ready on the thread at the moment, so it takes along
// what the other connections have just sent: those that were answered last have often sent their
// next request while the others' were read. With 64 connections that makes batches of 56 instead of
// 38, and 15 % more requests a second.
class Guest : public CoreLoop {
public:
    explicit Guest(IoThread& thread) : thread_(thread), timer_(thread.context()) {}

    void wake() override {
        if (scheduled_.exchange(true)) return;
        thread_.post([this] { run(); });
    }

    void start(Partition& partition) override {
        partition_ = &partition;
        wake();
    }

    void call(std::function<void()> work) override {
        std::promise<void> done;
        thread_.post([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

    void stop() override {
        call([this] {
            partition_ = nullptr;
            timer_.cancel();
        });
    }

private:
    void run() {
        if (partition_ != nullptr) {
            for (int i = 0; i < looks_max && thread_.readiness().tell(); ++i) {
            }
        }
        scheduled_ = false;
        if (partition_ == nullptr) return;
        if (partition_->run_batch()) return wake();
        set_timer(partition_->until_next_deadline());
    }

    // A timer that fires too early does no harm, so it is only ever moved forward.
    void set_timer(std::optional<Duration> until) {
        if (!until) return;
        const auto at = SteadyClock::now() + *until;
        if (armed_for_ && *armed_for_ <= at) return;
        armed_for_ = at;
        timer_.expires_at(at);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            armed_for_.reset();
            if (scheduled_.exchange(true)) return;
            thread_.turn([this] { run(); });
        });
    }

    IoThread& thread_;
    asio::steady_timer timer_;
    Partition* partition_ = nullptr;
    std::atomic<bool> scheduled_{false};
    std::optional<SteadyClock::time_point> armed_for_;
};

}  // namespace

std::unique_ptr<CoreLoop> CoreLoop::on_own_thread() {
    return std::make_unique<OwnThread>();
}

std::unique_ptr<CoreLoop> CoreLoop::on(IoThread& thread) {
    return std::make_unique<Guest>(thread);
}

}  // namespace signalbox
