#include "signalbox/client/held_ticket.h"

#include "holder.h"
#include "try.h"

namespace signalbox::client {

Result<HeldTicket> HeldTicket::acquire(const Client& client, const TicketRequest& request,
                                       const AcquireOptions& options) {
    auto holder = std::make_unique<Holder>(client, options);
    TRY(holder->acquire(request));
    return HeldTicket(std::move(holder));
}

HeldTicket::HeldTicket(std::unique_ptr<Holder> holder) : holder_(std::move(holder)) {}
HeldTicket::HeldTicket(HeldTicket&& other) noexcept = default;
HeldTicket& HeldTicket::operator=(HeldTicket&& other) noexcept = default;
HeldTicket::~HeldTicket() = default;

Ticket HeldTicket::ticket() const {
    return holder_->ticket();
}

const std::string& HeldTicket::uuid() const {
    return holder_->uuid();
}

uint64_t HeldTicket::token() const {
    return holder_->token();
}

bool HeldTicket::lost() const {
    return holder_->loss().has_value();
}

std::optional<Problem> HeldTicket::loss() const {
    return holder_->loss();
}

Duration HeldTicket::remaining() const {
    return holder_->remaining();
}

Result<Ticket> HeldTicket::release(const std::string& reason, const CallOptions& call) {
    return holder_->release(reason, call);
}

}  // namespace signalbox::client
