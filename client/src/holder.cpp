#include "holder.h"

#include <algorithm>

#include "problems.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;
constexpr int conflict = 409;
// A holder has three chances to renew in time.
constexpr int renewals_per_life = 3;
constexpr auto no_limit = Duration::max();

bool says_it_is_over(const Problem& problem) {
    return problem.status == not_found || problem.status == conflict;
}

Problem loss_of(const std::string& uuid, const std::string& why) {
    return local_problem("lost", "ticket " + uuid + " was lost: " + why);
}

// What the server promised at the moment of its answer.
Duration life_of(const Ticket& ticket) {
    if (!ticket.expires_at) return Duration::zero();
    return std::max(*ticket.expires_at - ticket.updated_at, Duration::zero());
}

bool is_at_hold_max(const Ticket& ticket) {
    return ticket.hold_max.count() > 0 && ticket.granted_at && ticket.expires_at &&
           *ticket.expires_at >= *ticket.granted_at + ticket.hold_max;
}

std::string ending_of(const TicketChange& change, const std::string& event_type) {
    std::string text = event_type.substr(event_type.find('.') + 1);
    if (!change.by.empty()) text += " by " + change.by;
    if (!change.reason.empty()) text += ": " + change.reason;
    return text;
}

}  // namespace

HeldTicket::Holder::~Holder() {
    const auto by = std::chrono::steady_clock::now() + options_.release_within;
    (void)release({}, {.retry_for = options_.release_within, .deadline = by});
}

Result<void> HeldTicket::Holder::acquire(const TicketRequest& request) {
    if (request.ttl <= Duration::zero()) {
        return tl::unexpected(
            local_problem("invalid_argument", "ttl is needed to hold a ticket", "ttl"));
    }
    auto until = std::chrono::steady_clock::time_point::max();
    auto call = options_.call;
    if (options_.wait_max) {
        until = std::chrono::steady_clock::now() + *options_.wait_max;
        call.retry_for =
            std::min(call.retry_for.value_or(client_.options().retry_for), *options_.wait_max);
    }
    const auto sent = Clock::now();
    TRY_AS(const auto created, client_.create_ticket(request, call));
    if (!is_live(created.ticket.status)) {
        return tl::unexpected(
            loss_of(created.ticket.uuid, "it is " + std::string(name_of(created.ticket.status))));
    }
    uuid_ = created.ticket.uuid;
    note(created.ticket, sent);
    if (options_.on_created) options_.on_created(created);
    // It must be renewed while it waits, too.
    renewer_ = std::jthread([this](const std::stop_token& stop) { renew_until_stopped(stop); });
    if (created.ticket.status == TicketStatus::queued) {
        if (auto turn = wait_for_turn(until); !turn) {
            stop_threads();
            withdraw(turn.error());
            const std::lock_guard lock(mutex_);
            is_over_ = true;
            return turn;
        }
    }
    {
        const std::lock_guard lock(mutex_);
        if (loss_) return tl::unexpected(*loss_);
        is_held_ = true;
    }
    if (options_.follow_events) {
        follower_ =
            std::jthread([this](const std::stop_token& stop) { follow_until_stopped(stop); });
    }
    return {};
}

Result<void> HeldTicket::Holder::wait_for_turn(std::chrono::steady_clock::time_point until) {
    WaitOptions wait;
    wait.on_queued = options_.on_queued;
    wait.interval = options_.progress_interval;
    if (options_.wait_max) {
        const auto left = std::chrono::ceil<Duration>(until - std::chrono::steady_clock::now());
        wait.timeout = std::max(left, Duration::zero());
    }
    TRY_AS(const auto ticket, client_.wait_ticket(uuid_, wait, options_.call));
    if (ticket.status == TicketStatus::queued) {
        return tl::unexpected(
            local_problem("timed_out", "ticket " + uuid_ + " did not get its turn in time"));
    }
    note_grant(ticket);
    return {};
}

// So that nobody waits behind a ticket that nobody wants any more.
void HeldTicket::Holder::withdraw(const Problem& why) const {
    if (says_it_is_over(why)) return;
    const auto by = std::chrono::steady_clock::now() + options_.release_within;
    (void)client_.delete_ticket(uuid_, "its client stopped waiting",
                                {.retry_for = Duration::zero(), .deadline = by});
}

// An answer to a request that was sent at `sent`.
void HeldTicket::Holder::note(const Ticket& ticket, Clock::time_point sent) {
    const std::lock_guard lock(mutex_);
    // A renewal from before the grant whose answer was overtaken; the next one follows at once.
    if (ticket_.status == TicketStatus::active && ticket.status == TicketStatus::queued) return;
    ticket_ = ticket;
    sent_ = sent;
    valid_until_ = sent + life_of(ticket);
    renew_at_ = sent + life_of(ticket) / renewals_per_life;
    is_last_renewal_ = is_at_hold_max(ticket);
}

// The grant came at some time after the last answer that showed the ticket in its line, so its
// life is counted from when that one was sent.
void HeldTicket::Holder::note_grant(const Ticket& ticket) {
    const std::lock_guard lock(mutex_);
    if (ticket_.status == TicketStatus::active) return;  // a renewal has seen it already
    ticket_ = ticket;
    valid_until_ = std::min(valid_until_, sent_ + life_of(ticket));
    renew_at_ = std::min(renew_at_, sent_ + life_of(ticket) / renewals_per_life);
    is_last_renewal_ = is_at_hold_max(ticket);
    changed_.notify_all();
}

void HeldTicket::Holder::renew_until_stopped(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested() && !loss_) {
        const auto now = Clock::now();
        const auto wake_at = is_last_renewal_ ? valid_until_ : std::min(renew_at_, valid_until_);
        if (now < wake_at) {
            // For a span, because this clock is none that one can wait for.
            const auto seen = renew_at_;
            changed_.wait_for(lock, stop, wake_at - now,
                              [&] { return renew_at_ != seen || loss_; });
            continue;
        }
        const bool too_late = now >= valid_until_;
        const auto trouble = last_trouble_;
        const bool at_limit = is_last_renewal_;
        lock.unlock();
        if (!too_late) {
            renew(stop);
        } else if (at_limit) {
            lose(loss_of(uuid_, "it was held for as long as hold_max allows"), false);
        } else {
            lose(loss_of(uuid_, "it could not be renewed in time; " + trouble), false);
        }
        lock.lock();
    }
}

void HeldTicket::Holder::renew(const std::stop_token& stop) {
    Renewal renewal;
    const auto sent = Clock::now();
    CallOptions call;
    call.retry_for = no_limit;
    call.stop = stop;
    {
        const std::lock_guard lock(mutex_);
        if (ticket_.status == TicketStatus::active) renewal.token = ticket_.token;
        call.deadline = std::chrono::steady_clock::now() + (valid_until_ - sent);
    }
    const auto renewed = client_.renew_ticket(uuid_, renewal, call);
    if (renewed) return note(*renewed, sent);
    if (stop.stop_requested()) return;
    if (says_it_is_over(renewed.error())) return lose(loss_of(uuid_, renewed.error().text()), true);
    // Some other refusal; perhaps whoever can help does so before the time is over.
    const std::lock_guard lock(mutex_);
    last_trouble_ = renewed.error().text();
    renew_at_ = Clock::now() + (valid_until_ - Clock::now()) / renewals_per_life +
                std::chrono::milliseconds(1);
}

void HeldTicket::Holder::follow_until_stopped(const std::stop_token& stop) {
    bool has_begun = false;
    const auto on_event = [&](const Event& event) {
        if (event.kind != Event::Kind::happened) {
            // What happened before the stream began is not told.
            const bool is_begin = !has_begun || event.kind == Event::Kind::resync;
            has_begun = true;
            return !is_begin || still_holds(stop);
        }
        if (!event.ticket || is_live(event.ticket->status)) return true;
        lose(loss_of(uuid_, ending_of(*event.ticket, event.type)), true);
        return false;
    };
    FollowOptions options;
    options.call.retry_for = no_limit;
    options.call.stop = stop;
    // Without it, a loss is noticed by the next renewal.
    (void)client_.follow({.ticket = uuid_}, on_event, options);
}

bool HeldTicket::Holder::still_holds(const std::stop_token& stop) {
    const auto check = client_.check_token(uuid_, token(), {.stop = stop});
    if (check && check->valid) return true;
    if (!check && check.error().status != not_found) return true;
    lose(loss_of(uuid_, check ? check->reason : check.error().text()), true);
    return false;
}

void HeldTicket::Holder::lose(Problem problem, bool is_over) {
    {
        const std::lock_guard lock(mutex_);
        if (loss_) return;
        loss_ = problem;
        is_over_ = is_over_ || is_over;
        changed_.notify_all();
        if (!is_held_) return;
    }
    if (options_.on_lost) options_.on_lost(problem);
}

void HeldTicket::Holder::stop_threads() {
    for (auto* thread : {&renewer_, &follower_}) {
        thread->request_stop();
        if (thread->joinable()) thread->join();
    }
}

Result<Ticket> HeldTicket::Holder::release(const std::string& reason, const CallOptions& call) {
    stop_threads();
    Release release{.token = std::nullopt, .force = false, .reason = reason};
    std::optional<Problem> loss;
    {
        const std::lock_guard lock(mutex_);
        if (uuid_.empty() || is_over_) {
            if (loss_) return tl::unexpected(*loss_);
            return ticket_;
        }
        is_over_ = true;
        loss = loss_;
        if (ticket_.status == TicketStatus::active) release.token = ticket_.token;
    }
    // Lost by our own reckoning, the server may think of it as held for a little while yet.
    auto released = client_.release_ticket(uuid_, release, call);
    if (loss) return tl::unexpected(std::move(*loss));
    if (released) {
        const std::lock_guard lock(mutex_);
        ticket_ = *released;
    }
    return released;
}

Ticket HeldTicket::Holder::ticket() const {
    const std::lock_guard lock(mutex_);
    return ticket_;
}

uint64_t HeldTicket::Holder::token() const {
    const std::lock_guard lock(mutex_);
    return ticket_.token;
}

std::optional<Problem> HeldTicket::Holder::loss() const {
    const std::lock_guard lock(mutex_);
    if (loss_ || is_over_ || Clock::now() < valid_until_) return loss_;
    // The thread that says so has not had its turn yet.
    return loss_of(uuid_, "it could not be renewed in time");
}

Duration HeldTicket::Holder::remaining() const {
    const std::lock_guard lock(mutex_);
    if (loss_ || is_over_) return Duration::zero();
    const auto left = std::chrono::floor<Duration>(valid_until_ - Clock::now());
    return std::max(left, Duration::zero());
}

}  // namespace signalbox::client
