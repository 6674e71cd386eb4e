#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "lease_clock.h"
#include "signalbox/client/held_ticket.h"

namespace signalbox::client {

// What is behind a HeldTicket: the ticket, the thread that renews it and the one that follows
// its events.
//
// Invariants: what the server was last seen to promise is valid until valid_until_, counted
// from a moment before the request that made it promise so was sent; loss_ is set once and
// stays; on_lost is called only after acquire() has succeeded.
class HeldTicket::Holder {
public:
    Holder(Client client, AcquireOptions options)
        : client_(std::move(client)), options_(std::move(options)) {}
    ~Holder();
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    Result<void> acquire(const TicketRequest& request);
    Result<Ticket> release(const std::string& reason, const CallOptions& call);

    [[nodiscard]] Ticket ticket() const;
    [[nodiscard]] const std::string& uuid() const { return uuid_; }
    [[nodiscard]] uint64_t token() const;
    [[nodiscard]] std::optional<Problem> loss() const;
    [[nodiscard]] Duration remaining() const;

private:
    using Clock = LeaseClock;

    Result<void> wait_for_turn(std::chrono::steady_clock::time_point until);
    void withdraw(const Problem& why) const;
    void note(const Ticket& ticket, Clock::time_point sent);
    void note_grant(const Ticket& ticket);
    void renew_until_stopped(const std::stop_token& stop);
    void renew(const std::stop_token& stop);
    void follow_until_stopped(const std::stop_token& stop);
    [[nodiscard]] bool still_holds(const std::stop_token& stop);
    void lose(Problem problem, bool is_over);
    void stop_threads();

    const Client client_;
    const AcquireOptions options_;
    std::string uuid_;  // set before the threads start

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Ticket ticket_;
    Clock::time_point sent_;  // of the request that valid_until_ counts from
    Clock::time_point valid_until_;
    Clock::time_point renew_at_;
    bool is_last_renewal_ = false;  // hold_max allows no more
    bool is_held_ = false;          // acquire() has succeeded
    bool is_over_ = false;          // at the server: released by us, or lost for certain
    std::optional<Problem> loss_;
    std::string last_trouble_;  // of a renewal

    std::jthread renewer_;
    std::jthread follower_;
};

}  // namespace signalbox::client
