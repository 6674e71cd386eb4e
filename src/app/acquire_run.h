#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/child_process.h"
#include "app/client_flags.h"
#include "app/signal_inbox.h"
#include "signalbox/client/held_ticket.h"

namespace signalbox {

struct AcquireFlags : ClientFlags {
    client::TicketRequest request;
    std::optional<Duration> ttl;
    std::optional<Duration> hold_max;
    std::optional<Duration> wait_max;
    std::optional<Duration> kill_after;
    std::string owner;
    std::string action;
    std::string reason;
    bool is_shared = false;
    bool ends_when_lost = true;
    std::vector<std::string> command;
};

// One run of `ticket acquire`: waits for the turn, runs the command while the ticket is held,
// and gives it back.
//
//   waiting --granted--> running --command ends--> released
//      |                    +--ticket lost--> command told to end, then killed --> its end
//      +--signal, wait_max--> the queued ticket is deleted
//
// The main thread polls for signals, and for the bell that other threads ring; a thread of its
// own waits for the ticket, because that blocks.
class AcquireRun {
public:
    explicit AcquireRun(const AcquireFlags& flags);

    // The exit code.
    int run();

private:
    using Clock = std::chrono::steady_clock;

    client::Result<client::HeldTicket> acquire();
    client::TicketRequest make_request() const;
    client::AcquireOptions make_options();
    int run_command(client::HeldTicket& held);
    int watch_command(const client::HeldTicket& held);
    void pass_on(const ReceivedSignal& signal) const;
    void begin_ending(const client::HeldTicket& held);
    int release(client::HeldTicket& held, int command_status) const;
    void poll_until(std::optional<Clock::time_point> until) const;

    // What a person on a terminal, or with --json a program, is told meanwhile.
    void tell_place(const client::Ticket& ticket) const;
    void tell_deadlock(const client::CreatedTicket& created) const;
    void tell(const std::string& what, const std::string& ticket_json) const;
    void complain_line(const std::string& text) const;

    const AcquireFlags& flags_;
    const std::string owner_;
    const bool is_on_terminal_;
    ChildProcess child_;
    SignalInbox signals_;
    const Bell bell_;
    std::stop_source waiting_;
    int interrupted_by_ = 0;  // the signal that ended the waiting
    bool is_lost_ = false;
    std::optional<Clock::time_point> kill_at_;  // when the command has been told to end
};

}  // namespace signalbox
