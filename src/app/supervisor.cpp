#include "app/supervisor.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <poll.h>

#include "app/table.h"

namespace signalbox {
namespace {

bool is_terminal_key(const ReceivedSignal& signal) {
    return signal.is_from_kernel && (signal.number == SIGINT || signal.number == SIGQUIT);
}

bool ends_process(int signal) {
    return signal == SIGINT || signal == SIGTERM || signal == SIGQUIT || signal == SIGHUP;
}

}  // namespace

Supervisor::Supervisor()
    : signals_({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD}) {}

std::optional<ChildProcess::Failure> Supervisor::start(const std::vector<std::string>& words,
                                                       Environment environment) {
    ChildProcess::Spec spec;
    spec.words = words;
    spec.environment = std::move(environment);
    kill_at_.reset();
    auto failure = child_.start(spec);
    is_running_ = !failure;
    return failure;
}

void Supervisor::begin_ending(Duration kill_after) {
    child_.send(SIGTERM);
    kill_at_ = Clock::now() + kill_after;
}

Supervisor::Event Supervisor::wait(std::optional<Clock::time_point> until) {
    Event event;
    if (kill_at_) until = std::min(until.value_or(*kill_at_), *kill_at_);
    std::array<pollfd, 2> watched{
        {{signals_.descriptor(), POLLIN, 0}, {bell_.descriptor(), POLLIN, 0}}};
    int timeout_ms = -1;
    if (until) {
        const auto left = std::chrono::ceil<Duration>(*until - Clock::now());
        timeout_ms = static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
    }
    ::poll(watched.data(), watched.size(), timeout_ms);
    (void)bell_.has_rung();
    if (const auto signal = signals_.take()) {
        // The terminal has sent it to the command as well (see ChildProcess).
        if (signal->number != SIGCHLD && is_running_ && !is_terminal_key(*signal)) {
            child_.send(signal->number);
        }
        if (ends_process(signal->number)) event.signal = signal->number;
    }
    if (is_running_) event.ended = child_.has_ended();
    if (event.ended) {
        is_running_ = false;
        kill_at_.reset();
    } else if (kill_at_ && Clock::now() >= *kill_at_) {
        say("the command did not end; killing it");
        child_.send_to_all(SIGKILL);
        kill_at_.reset();
    }
    return event;
}

void say(const std::string& text) {
    std::fprintf(stderr, "signalbox: %s\n", printable(text).c_str());
}

int parse_signal(const std::string& text) {
    std::string name = text;
    if (name.starts_with("SIG")) name.erase(0, 3);
    for (int number = 1; number < NSIG; ++number) {
        const char* const known = ::sigabbrev_np(number);
        if (known != nullptr && (name == known || name == std::to_string(number))) return number;
    }
    return 0;
}

}  // namespace signalbox
