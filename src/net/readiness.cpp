#include "net/readiness.h"

#include <array>

#include <sys/epoll.h>

#include "base/assert.h"

namespace signalbox {
namespace {

// Others have their turn between two of these.
constexpr int events_per_turn = 256;

bool control(int epoll, int operation, int descriptor, Readiness::Watched& watched,
             Readiness::Interest interest) {
    epoll_event event{};
    event.events = (interest.read ? EPOLLIN : 0u) | (interest.write ? EPOLLOUT : 0u);
    event.data.ptr = &watched;
    return ::epoll_ctl(epoll, operation, descriptor, &event) == 0;
}

}  // namespace

Readiness::Readiness(boost::asio::io_context& context)
    : epoll_(context, ::epoll_create1(EPOLL_CLOEXEC)) {}

void Readiness::start(Turn turn) {
    turn_ = std::move(turn);
    wait();
}

void Readiness::stop() {
    boost::system::error_code ignored;
    epoll_.cancel(ignored);
}

bool Readiness::watch(int descriptor, Watched& watched, Interest interest) {
    return control(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, watched, interest);
}

void Readiness::change(int descriptor, Watched& watched, Interest interest) {
    const bool changed =
        control(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, watched, interest);
    ASSERT(changed);
}

void Readiness::forget(int descriptor) {
    const int outcome = ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
    ASSERT(outcome == 0);
}

void Readiness::wait() {
    epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                          if (error) return;
                          turn_([this] { tell(); });
                          wait();
                      });
}

bool Readiness::tell() {
    std::array<epoll_event, events_per_turn> events{};
    const int count = ::epoll_wait(epoll_.native_handle(), events.data(), events_per_turn, 0);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<size_t>(i)];
        const bool is_over = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        static_cast<Watched*>(event.data.ptr)
            ->ready({is_over || (event.events & EPOLLIN) != 0,
                     is_over || (event.events & EPOLLOUT) != 0});
    }
    return count > 0;
}

}  // namespace signalbox
