#include "app/signal_inbox.h"

#include <cstdint>

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/assert.h"

namespace signalbox {

SignalInbox::SignalInbox(std::initializer_list<int> numbers) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : numbers) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ASSERT(descriptor_ >= 0);
}

SignalInbox::~SignalInbox() {
    ::close(descriptor_);
}

std::optional<ReceivedSignal> SignalInbox::take() {
    signalfd_siginfo info{};
    if (::read(descriptor_, &info, sizeof info) != sizeof info) return std::nullopt;
    return ReceivedSignal{static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
}

Bell::Bell() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    ASSERT(descriptor_ >= 0);
}

Bell::~Bell() {
    ::close(descriptor_);
}

void Bell::ring() const {
    const uint64_t one = 1;
    // It can only fail when it has rung already.
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

bool Bell::has_rung() const {
    uint64_t count = 0;
    return ::read(descriptor_, &count, sizeof count) == sizeof count;
}

}  // namespace signalbox
