#include "retry.h"

#include <algorithm>

namespace signalbox::client {
namespace {

constexpr Duration first_bound = std::chrono::milliseconds(50);
constexpr Duration last_bound = std::chrono::seconds(5);

Retry::Clock::time_point after(Retry::Clock::time_point point, Duration span) {
    const auto room = std::chrono::floor<Duration>(Retry::Clock::time_point::max() - point);
    return span >= room ? Retry::Clock::time_point::max() : point + span;
}

// False when the call was stopped meanwhile.
bool sleep_until(Retry::Clock::time_point until, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_until(lock, stop, until, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace

Retry::Retry(Duration retry_for, const CallOptions& call)
    : retry_for_(call.retry_for.value_or(retry_for)),
      call_(call),
      bound_(first_bound),
      random_(std::random_device()()) {}

void Retry::reset() {
    bound_ = first_bound;
    until_.reset();
}

bool Retry::pause(std::optional<std::chrono::seconds> at_least) {
    const auto now = Clock::now();
    if (!until_) {
        until_ = after(now, retry_for_);
        if (call_.deadline) until_ = std::min(*until_, *call_.deadline);
    }
    std::uniform_int_distribution<int64_t> pick(0, bound_.count());
    const auto pause = Duration(pick(random_)) + at_least.value_or(std::chrono::seconds(0));
    bound_ = std::min(bound_ * 2, last_bound);
    if (now + pause >= *until_) return false;
    return sleep_until(now + pause, call_.stop);
}

Retry::Clock::time_point Retry::attempt_deadline(Duration span) const {
    const auto deadline = after(Clock::now(), span);
    return call_.deadline ? std::min(deadline, *call_.deadline) : deadline;
}

}  // namespace signalbox::client
