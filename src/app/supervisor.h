#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/child_process.h"
#include "app/descendants.h"
#include "app/signal_inbox.h"
#include "base/time.h"

namespace signalbox {

// A command that runs for as long as this process does, and the wishes that come meanwhile:
// signals, a bell that other threads ring, and points in time. Main thread, and before any other
// one is there (see SignalInbox).
//
// What the command has started and left behind becomes a child of this process, which buries it,
// as the first process of a container has to, and ends it before the command is started again.
// The children that this process had before, it only buries.
class Supervisor {
public:
    using Clock = std::chrono::steady_clock;
    using Environment = std::vector<std::pair<std::string, std::string>>;

    Supervisor();

    [[nodiscard]] const Bell& bell() const { return bell_; }

    // Nothing, or why it did not start.
    std::optional<ChildProcess::Failure> start(const std::vector<std::string>& words,
                                               Environment environment);
    [[nodiscard]] bool is_running() const { return is_running_; }
    void send(int signal) const { child_.send(signal); }
    // Asks it to end, and makes it after `kill_after`; then what it has left behind, likewise. What
    // cannot be made to end is left behind for good, after a few seconds.
    void begin_ending(Duration kill_after);

    struct Event {
        // Its exit status; 128 + n for signal n. When it was asked to end, nothing of it is left
        // that can be made to end.
        std::optional<int> ended;
        // The command itself cannot be made to end; that is still tried.
        bool is_stuck = false;
        // One that would end this process, and has been passed on to the command if it runs. A
        // hangup is the command's own affair while there is one that has not been asked to end:
        // what is started behind that would never hear of it.
        std::optional<int> signal;
    };
    // Waits for the first thing that happens, but no longer than until then; passes signals on.
    Event wait(std::optional<Clock::time_point> until);

private:
    void bury(Event& event);
    void kill(Event& event);
    void report_end(Event& event);

    ChildProcess child_;
    Descendants descendants_;
    SignalInbox signals_;
    const Bell bell_;
    bool is_running_ = false;
    std::optional<int> status_;  // it has ended, and what it left behind has not yet
    std::optional<Clock::time_point> kill_at_;
    Duration kill_after_{};
    int kills_ = 0;
};

// On stderr, with the program's name in front.
void say(const std::string& text);

// "HUP", "SIGHUP" or "1"; zero when there is no such signal.
int parse_signal(const std::string& text);

}  // namespace signalbox
