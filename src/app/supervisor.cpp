#include "app/supervisor.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <poll.h>
#include <sys/prctl.h>

#include "app/table.h"

namespace signalbox {
namespace {

bool is_terminal_key(const ReceivedSignal& signal) {
    return signal.is_from_kernel && (signal.number == SIGINT || signal.number == SIGQUIT);
}

// Before it is tried again to kill what did not end: it may have started something meanwhile.
constexpr Duration kill_again = std::chrono::seconds(1);
// What is still there then waits for a device, or is not ours to signal.
constexpr int kills_max = 5;

bool ends_process(int signal, bool has_command_that_goes_on) {
    if (signal == SIGHUP) return !has_command_that_goes_on;
    return signal == SIGINT || signal == SIGTERM || signal == SIGQUIT;
}

}  // namespace

Supervisor::Supervisor()
    : signals_({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD}) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::optional<ChildProcess::Failure> Supervisor::start(const std::vector<std::string>& words,
                                                       Environment environment) {
    ChildProcess::Spec spec;
    spec.words = words;
    spec.environment = std::move(environment);
    kill_at_.reset();
    kills_ = 0;
    auto failure = child_.start(spec);
    is_running_ = !failure;
    return failure;
}

void Supervisor::begin_ending(Duration kill_after) {
    child_.send(SIGTERM);
    kill_after_ = kill_after;
    kill_at_ = Clock::now() + kill_after_;
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
        const bool goes_on = is_running_ && !kill_at_;
        if (ends_process(signal->number, goes_on)) event.signal = signal->number;
    }
    bury(event);
    return event;
}

void Supervisor::bury(Event& event) {
    const bool has_children = !child_.bury();
    if (is_running_ && child_.has_ended()) {
        is_running_ = false;
        status_ = child_.has_ended();
        // Whatever it left behind would be in the way of the next one.
        if (kill_at_ && has_children) {
            descendants_.send(SIGTERM, {});
            kill_at_ = Clock::now() + kill_after_;
            kills_ = 0;
        }
    }
    if (status_ && (!kill_at_ || !has_children || !descendants_.has_any())) {
        report_end(event);
    } else if (kill_at_ && Clock::now() >= *kill_at_) {
        kill(event);
    }
}

void Supervisor::kill(Event& event) {
    if (kills_ == 0) say("the command did not end; killing it");
    if (kills_ >= kills_max && status_) {
        say("what the command has left behind cannot be killed; going on without it");
        descendants_.disown();
        report_end(event);
        return;
    }
    if (kills_ == kills_max) say("the command cannot be killed");
    event.is_stuck = kills_ >= kills_max;
    const bool is_allowed = descendants_.send(SIGKILL, child_.pid());
    kills_ = is_allowed ? kills_ + 1 : std::max(kills_ + 1, kills_max);
    kill_at_ = Clock::now() + kill_again;
}

void Supervisor::report_end(Event& event) {
    event.ended = std::exchange(status_, std::nullopt);
    kill_at_.reset();
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
