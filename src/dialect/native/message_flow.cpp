#include "dialect/native/message_flow.h"

#include <algorithm>

namespace signalbox::native {
namespace {

// Of one claim, so that its bodies are not a flood.
constexpr uint64_t claim_messages_max = 256;
// The core holds a question for so long; then it is asked again.
constexpr Duration question_max = std::chrono::seconds(30);
constexpr int renewals_per_ttl = 3;

}  // namespace

MessageFlow::MessageFlow(Frontend& frontend, std::shared_ptr<ClaimWatch> watch, Request request,
                         Sink sink)
    : frontend_(frontend),
      watch_(std::move(watch)),
      request_(std::move(request)),
      sink_(std::move(sink)),
      answer_messages_max_(
          frontend_.node().partition_of(request_.tenant).limits().queue.messages_per_answer_max) {}

template <class Body, class Then>
std::optional<RequestId> MessageFlow::submit(Body body, Then then) {
    Command command;
    command.tenant = request_.tenant;
    command.caller = request_.caller;
    command.body = std::move(body);
    return frontend_.submit(std::move(command), [then](Reply reply) {
        then(std::get<Result<typename Body::Answer>>(std::move(reply)));
    });
}

uint64_t MessageFlow::outstanding() const {
    uint64_t count = 0;
    for (const auto& [claim, held] : held_) count += held.remaining();
    return count;
}

// Nothing for a little room, because a claim for each single message would cost more than it is
// worth: a client that has three quarters of its window to do is not idle.
uint64_t MessageFlow::wanted() const {
    const uint64_t busy = outstanding();
    const uint64_t room = busy < request_.window ? request_.window - busy : 0;
    if (room < std::max<uint64_t>(request_.window / 4, 1)) return 0;
    uint64_t count = std::min({room, claim_messages_max, answer_messages_max_});
    if (request_.limit) count = std::min(count, *request_.limit - delivered_);
    return count;
}

void MessageFlow::go_on() {
    if (is_over_ || is_asking_) return;
    if (request_.limit && delivered_ == *request_.limit) {
        if (outstanding() > 0) return;
        sink_.finish();
        return stop();
    }
    if (wanted() > 0 && sink_.has_room()) ask();
}

void MessageFlow::ask() {
    ClaimMessages command;
    command.queue = request_.queue;
    command.limit = wanted();
    command.ttl = request_.ttl;
    command.grace = request_.grace;
    // The first one is answered at once, so that a refusal is one and not a stream that ends.
    command.wait = has_begun_ ? question_max : Duration::zero();
    is_asking_ = true;
    asked_ = submit(std::move(command), [self = shared_from_this()](auto answer) {
        self->asked_.reset();
        self->is_asking_ = false;
        self->claimed(std::move(answer));
    });
    if (!is_asking_) asked_.reset();
}

void MessageFlow::claimed(Result<MessagesClaimed> answer) {
    if (!answer) {
        if (!is_over_) end(answer.error());
        return;
    }
    // It was on its way when the client went.
    if (is_over_) {
        if (answer->claim) release(*answer->claim);
        return;
    }
    if (answer->claim) {
        auto& held = held_[*answer->claim];
        for (const auto& message : answer->messages) {
            held.ids.push_back(message.id);
            claim_of_.insert_or_assign(message.id, *answer->claim);
        }
        held.renewed_at = frontend_.now().steady;
        if (!told_) {
            told_ = std::make_shared<const ClaimWatch::Told>(
                [flow = weak_from_this()](const ClaimId& claim, uint64_t count) {
                    if (const auto self = flow.lock()) self->left(claim, count);
                });
        }
        watch_->watch(*answer->claim, frontend_, told_);
    }
    if (!has_begun_) {
        has_begun_ = true;
        sink_.begin();
        if (is_over_) return;
    }
    delivered_ += answer->messages.size();
    if (answer->claim) sink_.deliver(*answer);
    go_on();
}

void MessageFlow::left(const ClaimId& claim, uint64_t count) {
    const auto found = held_.find(claim);
    if (found == held_.end()) return;
    has_moved_ = true;
    found->second.told += count;
    if (found->second.remaining() == 0) drop(claim);
    go_on();
}

void MessageFlow::set_window(size_t window) {
    request_.window = window;
    go_on();
}

void MessageFlow::tick() {
    if (is_over_) return;
    if (frontend_.node().is_stopping()) {
        return end({ErrorCode::unavailable, "the server is stopping", {}});
    }
    const auto now = frontend_.now().steady;
    const auto claims = held_;
    for (const auto& [claim, held] : claims) {
        if (!held.is_renewing && now - held.renewed_at >= request_.ttl / renewals_per_ttl) {
            renew(claim);
        }
    }
    // A client that stands still may have acknowledged elsewhere.
    if (!has_moved_ && !is_asking_ && !held_.empty()) {
        auto next = held_.upper_bound(looked_at_);
        if (next == held_.end()) next = held_.begin();
        looked_at_ = next->first;
        look_at(looked_at_);
    }
    has_moved_ = false;
}

void MessageFlow::renew(const ClaimId& claim) {
    held_.at(claim).is_renewing = true;
    RenewClaim command;
    command.queue = request_.queue;
    command.claim = claim;
    command.ttl = request_.ttl;
    command.grace = request_.grace;
    const auto asked_at = frontend_.now().steady;
    submit(std::move(command), [self = shared_from_this(), claim, asked_at](auto view) {
        const auto found = self->held_.find(claim);
        if (found == self->held_.end()) return;
        found->second.is_renewing = false;
        if (view) {
            found->second.renewed_at = asked_at;
        } else if (view.error().code == ErrorCode::not_found) {
            self->drop(claim);
            self->go_on();
        }
    });
}

void MessageFlow::look_at(const ClaimId& claim) {
    submit(GetClaim{request_.queue, claim}, [self = shared_from_this(), claim](auto view) {
        const auto found = self->held_.find(claim);
        if (found == self->held_.end()) return;
        if (view) {
            const size_t taken = found->second.ids.size();
            found->second.seen = taken - std::min(view->messages.size(), taken);
        } else if (view.error().code == ErrorCode::not_found) {
            found->second.seen = found->second.ids.size();
        }
        if (found->second.remaining() == 0) self->drop(claim);
        self->go_on();
    });
}

void MessageFlow::left(const ClaimId& claim, const std::vector<MessageId>& ids) {
    uint64_t count = 0;
    for (const auto& id : ids) {
        const auto found = claim_of_.find(id);
        if (found == claim_of_.end() || found->second != claim) continue;
        claim_of_.erase(found);
        ++count;
    }
    left(claim, count);
}

std::optional<ClaimId> MessageFlow::claim_of(const MessageId& id) const {
    const auto found = claim_of_.find(id);
    return found == claim_of_.end() ? std::nullopt : std::optional(found->second);
}

void MessageFlow::drop(const ClaimId& claim) {
    watch_->forget(claim);
    const auto found = held_.find(claim);
    for (const auto& id : found->second.ids) {
        // It may be somebody's again: ours, in another claim.
        const auto at = claim_of_.find(id);
        if (at != claim_of_.end() && at->second == claim) claim_of_.erase(at);
    }
    held_.erase(found);
}

void MessageFlow::release(const ClaimId& claim) {
    ReleaseClaim command;
    command.queue = request_.queue;
    command.claim = claim;
    // Whatever comes of it: the claim expires by itself.
    submit(std::move(command), [](const auto& /*released*/) {});
}

void MessageFlow::end(const Error& error) {
    sink_.refuse(error);
    stop();
}

void MessageFlow::stop() {
    if (is_over_) return;
    is_over_ = true;
    if (asked_) frontend_.take_back(*asked_, request_.tenant);
    for (const auto& [claim, held] : held_) {
        watch_->forget(claim);
        if (held.remaining() > 0) release(claim);
    }
    held_.clear();
    claim_of_.clear();
}

}  // namespace signalbox::native
