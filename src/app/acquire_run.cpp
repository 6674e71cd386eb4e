#include "app/acquire_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "app/exit_code.h"
#include "app/ticket_text.h"

namespace signalbox {
namespace {

constexpr Duration ttl_default = std::chrono::seconds(30);
constexpr Duration kill_after_default = std::chrono::seconds(10);
constexpr Duration farewell_max = std::chrono::seconds(1);
constexpr Duration progress_interval = std::chrono::seconds(1);
constexpr const char* owner_variable = "SIGNALBOX_OWNER";
// Back to the beginning of the line, and nothing more on it.
constexpr const char* fresh_line = "\r\x1b[K";

// One flow of work, from the outermost acquire to the innermost: what it starts finds the
// name in its environment. So two flows that wait for each other are seen to do so.
std::string owner_of(const AcquireFlags& flags) {
    if (!flags.owner.empty()) return flags.owner;
    if (const char* outer = std::getenv(owner_variable); outer != nullptr && *outer != '\0') {
        return outer;
    }
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const passwd* user = ::getpwuid(::geteuid());
    const auto name = user == nullptr ? std::to_string(::geteuid()) : std::string(user->pw_name);
    return fmt::format("{}@{}:{}", name, host.data(), ::getpid());
}

bool is_terminal_key(const ReceivedSignal& signal) {
    return signal.is_from_kernel && (signal.number == SIGINT || signal.number == SIGQUIT);
}

}  // namespace

AcquireRun::AcquireRun(const AcquireFlags& flags)
    : flags_(flags),
      owner_(owner_of(flags)),
      is_on_terminal_(::isatty(STDERR_FILENO) == 1),
      signals_({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD}) {}

int AcquireRun::run() {
    // Nobody should wait for an hour to be told of a misspelt name.
    if (const auto missing = ChildProcess::check(flags_.command.front())) {
        complain_line(missing->text);
        return missing->exit_code;
    }
    auto held = acquire();
    if (is_on_terminal_ && !flags_.json) std::fputs(fresh_line, stderr);
    if (interrupted_by_ != 0) return exit_code::signal_base + interrupted_by_;
    if (!held) return complain(held.error());
    tell("granted", held->ticket().json);
    return run_command(*held);
}

client::Result<client::HeldTicket> AcquireRun::acquire() {
    const auto client = flags_.connect();
    const auto options = make_options();
    std::optional<client::Result<client::HeldTicket>> outcome;
    std::jthread waiter([&] {
        outcome = client::HeldTicket::acquire(client, make_request(), options);
        bell_.ring();
    });
    while (!bell_.has_rung()) {
        while (const auto signal = signals_.take()) {
            if (signal->number == SIGCHLD || signal->number == SIGALRM) continue;
            interrupted_by_ = signal->number;
            // Deletes the ticket, if there is one already.
            waiting_.request_stop();
        }
        poll_until(std::nullopt);
    }
    waiter.join();
    return std::move(*outcome);
}

client::TicketRequest AcquireRun::make_request() const {
    auto request = flags_.request;
    request.ttl = flags_.ttl.value_or(ttl_default);
    request.hold_max = flags_.hold_max.value_or(Duration::zero());
    request.owner = owner_;
    if (!flags_.action.empty()) request.action = flags_.action;
    if (flags_.is_shared) request.mode = client::TicketMode::shared;
    return request;
}

client::AcquireOptions AcquireRun::make_options() {
    client::AcquireOptions options;
    options.wait_max = flags_.wait_max;
    options.progress_interval = progress_interval;
    options.call.stop = waiting_.get_token();
    options.on_created = [this](const client::CreatedTicket& created) {
        tell("created", created.ticket.json);
        tell_deadlock(created);
        if (created.ticket.status == client::TicketStatus::queued) tell_place(created.ticket);
    };
    if (is_on_terminal_ || flags_.json) {
        options.on_queued = [this](const client::Ticket& ticket) { tell_place(ticket); };
    }
    options.on_lost = [this](const client::Problem&) { bell_.ring(); };
    return options;
}

int AcquireRun::run_command(client::HeldTicket& held) {
    ChildProcess::Spec spec;
    spec.words = flags_.command;
    spec.environment = {{"SIGNALBOX_TICKET", held.uuid()},
                        {"SIGNALBOX_FENCING_TOKEN", std::to_string(held.token())},
                        {owner_variable, owner_}};
    spec.ends_with_us = flags_.ends_when_lost;
    if (const auto failure = child_.start(spec)) {
        complain_line(failure->text);
        return release(held, failure->exit_code);
    }
    const int status = watch_command(held);
    return release(held, status);
}

int AcquireRun::watch_command(const client::HeldTicket& held) {
    for (;;) {
        while (const auto signal = signals_.take()) pass_on(*signal);
        if (const auto status = child_.has_ended()) return *status;
        (void)bell_.has_rung();
        if (!is_lost_ && held.lost()) begin_ending(held);
        if (kill_at_ && Clock::now() >= *kill_at_) {
            complain_line("the command did not end; killing it");
            child_.send_to_all(SIGKILL);
            kill_at_.reset();
        }
        poll_until(kill_at_);
    }
}

void AcquireRun::pass_on(const ReceivedSignal& signal) const {
    if (signal.number == SIGCHLD) return;
    // The terminal has sent it to the command as well (see ChildProcess), and some programs
    // take a second Ctrl-C for impatience.
    if (is_terminal_key(signal)) return;
    child_.send(signal.number);
}

void AcquireRun::begin_ending(const client::HeldTicket& held) {
    is_lost_ = true;
    const auto loss = held.loss();
    const std::string why = loss ? loss->text() : "the ticket was lost";
    tell("lost", held.ticket().json);
    if (!flags_.ends_when_lost) return complain_line(why + "; the command goes on");
    complain_line(why + "; ending the command");
    child_.send_to_all(SIGTERM);
    kill_at_ = Clock::now() + flags_.kill_after.value_or(kill_after_default);
}

int AcquireRun::release(client::HeldTicket& held, int command_status) const {
    client::CallOptions call;
    // What is lost needs no release; it is only a courtesy, to a server that may be away.
    if (is_lost_) {
        call.retry_for = Duration::zero();
        call.deadline = Clock::now() + farewell_max;
    }
    const auto released = held.release(flags_.reason, call);
    if (released) tell("released", released->json);
    if (!released && !is_lost_) {
        if (released.error().is("lost")) {
            // It came to light too late for the command to be ended.
            complain_line(released.error().text());
        } else {
            complain_line("the ticket was not released and will expire: " +
                          released.error().text());
        }
    }
    const bool was_lost = is_lost_ || (!released && released.error().is("lost"));
    return was_lost && flags_.ends_when_lost ? exit_code::lost : command_status;
}

void AcquireRun::poll_until(std::optional<Clock::time_point> until) const {
    std::array<pollfd, 2> watched{
        {{signals_.descriptor(), POLLIN, 0}, {bell_.descriptor(), POLLIN, 0}}};
    int timeout_ms = -1;
    if (until) {
        const auto left = std::chrono::ceil<Duration>(*until - Clock::now());
        timeout_ms = static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
    }
    ::poll(watched.data(), watched.size(), timeout_ms);
}

void AcquireRun::tell_place(const client::Ticket& ticket) const {
    if (flags_.json) return tell("queued", ticket.json);
    if (!is_on_terminal_) return;
    const auto text =
        fmt::format("waiting for {}: {}", resource_text(ticket.resource), place_text(ticket));
    std::fprintf(stderr, "%s%s", fresh_line, printable(text).c_str());
    std::fflush(stderr);
}

void AcquireRun::tell_deadlock(const client::CreatedTicket& created) const {
    if (created.deadlock.empty()) return;
    complain_line(
        fmt::format("ticket {} waits in a circle of {} tickets, none of which can move "
                    "before one of them ends",
                    created.ticket.uuid, created.deadlock.size()));
}

void AcquireRun::tell(const std::string& what, const std::string& ticket_json) const {
    if (!flags_.json) return;
    std::fprintf(stderr, "{\"event\":\"%s\",\"ticket\":%s}\n", what.c_str(), ticket_json.c_str());
}

void AcquireRun::complain_line(const std::string& text) const {
    std::fprintf(stderr, "%ssignalbox: %s\n", is_on_terminal_ && !flags_.json ? fresh_line : "",
                 printable(text).c_str());
}

}  // namespace signalbox
