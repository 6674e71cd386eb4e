#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "signalbox/client/client.h"

namespace signalbox::client {

struct AcquireOptions {
    // Then the ticket is deleted and the problem is `timed_out`; nothing: as long as it takes.
    std::optional<Duration> wait_max = std::nullopt;
    // When the ticket exists, active or not.
    std::function<void(const CreatedTicket&)> on_created = {};
    // While it waits, each progress_interval.
    std::function<void(const Ticket&)> on_queued = {};
    Duration progress_interval = std::chrono::seconds(10);
    // From a background thread, once. It must not release or destroy the ticket.
    std::function<void(const Problem&)> on_lost = {};
    // Also follow the ticket's events, to learn of a loss at once and not at the next renewal.
    // Costs a connection and a thread.
    bool follow_events = true;
    Duration release_within = std::chrono::seconds(5);  // in the destructor
    CallOptions call = {};                              // a stop while it waits deletes the ticket
};

// A ticket, held for as long as this object lives: renewed in the background at a third of its
// ttl, while it waits in line too, and released at the end.
//
// It is lost when the server says that it is over, or when it could not be renewed in time:
// then it must be taken for expired, although nobody said so. "In time" is measured on this
// machine from when the last renewal that succeeded was sent, so it is over here before it is
// over at the server. A lost ticket stays lost.
//
// Any thread may ask; one owns it.
class HeldTicket {
public:
    // Asks for a ticket and waits for its turn. `request.ttl` is needed.
    static Result<HeldTicket> acquire(const Client& client, const TicketRequest& request,
                                      const AcquireOptions& options = {});

    HeldTicket(HeldTicket&& other) noexcept;
    HeldTicket& operator=(HeldTicket&& other) noexcept;
    ~HeldTicket();

    [[nodiscard]] Ticket ticket() const;  // as the server last showed it
    [[nodiscard]] const std::string& uuid() const;
    [[nodiscard]] uint64_t token() const;  // shown to whoever guards the resource
    [[nodiscard]] bool lost() const;
    [[nodiscard]] std::optional<Problem> loss() const;
    // For so long nobody else can hold it, whatever happens; 0 when it is lost.
    [[nodiscard]] Duration remaining() const;

    // Ends the renewals and the ticket. A problem when it was lost, or when the server could
    // not be told, and the ticket goes on until it expires.
    Result<Ticket> release(const std::string& reason = {}, const CallOptions& call = {});

private:
    class Holder;
    explicit HeldTicket(std::unique_ptr<Holder> holder);

    std::unique_ptr<Holder> holder_;
};

}  // namespace signalbox::client
