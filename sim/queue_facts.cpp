#include "sim/queue_facts.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox {
namespace {

using Kind = QueueCall::Kind;
using Outcome = QueueCall::Outcome;

constexpr size_t complaints_max = 20;

bool is_done(const QueueCall& call) {
    return call.outcome == Outcome::done;
}

bool may_be_done(const QueueCall& call) {
    return call.outcome != Outcome::refused;
}

bool ends_before(const QueueCall& a, const Moment& moment) {
    return a.is_over && a.over < moment;
}

// A call that is still under way when everything ends never was over.
bool begins_before_end_of(const QueueCall& a, const QueueCall& b) {
    return !b.is_over || a.sent < b.over;
}

// At least so long ago, by every clock.
bool is_past(const QueueCall& what, int64_t span_ms, const Moment& now) {
    return ends_before(what, now) && now.stingy_ms - what.stingy_peak_ms >= span_ms;
}

// At most so long ago, by every clock.
bool is_within(const QueueCall& what, int64_t span_ms, const QueueCall& through) {
    return through.is_over && through.over.generous_ms - what.sent.generous_ms < span_ms;
}

bool is_about(const QueueCall& call, const std::string& id) {
    return call.ids.empty() || std::find(call.ids.begin(), call.ids.end(), id) != call.ids.end();
}

}  // namespace

QueueFacts::QueueFacts(const QueueHistory& history, Options options)
    : options_(std::move(options)) {
    take_posts(history);
    for (const auto& call : history.calls()) {
        if (call.kind == Kind::claim && is_done(call) && !call.claim.empty()) {
            if (!claims_.emplace(call.claim, Claim{&call, {}, {}}).second) {
                complain(fmt::format("claim {} was made twice", call.claim));
            }
        }
    }
    for (const auto& call : history.calls()) {
        for (const auto& seen : call.seen) take_seen(call, seen);
    }
    find_duplicates();
    for (const auto& call : history.calls()) {
        if (may_be_done(call)) take_call(call);
    }
    for (auto& [token, message] : messages_) {
        if (!message.is_duplicate) queues_[message.call->queue].messages.push_back(&message);
    }
}

void QueueFacts::complain(std::string complaint) {
    if (complaints_.size() < complaints_max) complaints_.push_back(std::move(complaint));
}

void QueueFacts::take_posts(const QueueHistory& history) {
    for (const auto& call : history.calls()) {
        if (call.kind != Kind::post || !may_be_done(call)) continue;
        for (size_t i = 0; i < call.posted.size(); ++i) {
            const auto& posted = call.posted[i];
            Message message;
            message.posted = &posted;
            message.call = &call;
            message.place = i;
            if (is_done(call)) message.id = posted.id;
            messages_.emplace(posted.token, std::move(message));
        }
    }
}

void QueueFacts::take_call(const QueueCall& call) {
    Queue& queue = queues_[call.queue];
    switch (call.kind) {
        case Kind::claim:
            if (!is_done(call)) queue.unknown_claims.push_back(&call);
            break;
        case Kind::pop:
            if (!is_done(call)) queue.unknown_pops.push_back(&call);
            break;
        case Kind::purge:
        case Kind::remove_queue: queue.purges.push_back(&call); break;
        case Kind::renew:
            if (claims_.contains(call.claim)) claims_[call.claim].renewals.push_back(&call);
            break;
        case Kind::release:
            if (claims_.contains(call.claim)) claims_[call.claim].releases.push_back(&call);
            break;
        case Kind::remove:
            for (const auto& id : call.ids) {
                const auto token = tokens_.find(id);
                if (token != tokens_.end()) messages_.at(token->second).removals.push_back(&call);
            }
            break;
        case Kind::post:
        case Kind::list:
        case Kind::get_claim: break;
    }
}

void QueueFacts::take_seen(const QueueCall& call, const SeenMessage& seen) {
    const auto found = messages_.find(seen.token);
    if (found == messages_.end()) {
        return complain(fmt::format("{} was shown, and was never posted", seen.token));
    }
    Message& message = found->second;
    if (message.was_seen && message.id != seen.id) {
        complain(fmt::format("{} is there twice: {} and {}", seen.token, message.id, seen.id));
    } else if (!message.id.empty() && message.id != seen.id) {
        complain(fmt::format("{} was posted as {} and is {}", seen.token, message.id, seen.id));
    }
    message.was_seen = true;
    message.id = seen.id;
    if (seen.sequence != 0 && call.queue == message.call->queue) {
        if (message.sequence.value_or(seen.sequence) != seen.sequence) {
            complain(fmt::format("{} had the number {}, and has {}", seen.token, *message.sequence,
                                 seen.sequence));
        }
        message.sequence = seen.sequence;
    }
    message.sightings.push_back(&call);
    if (call.kind == Kind::claim) message.claims.push_back(&call);
    if (call.kind == Kind::pop) message.removals.push_back(&call);
}

// Several may have been given one id, when they are the same to the server. The one that exists is
// the one that was seen; without any, any.
void QueueFacts::find_duplicates() {
    std::map<std::string, std::vector<Message*>> by_id;
    for (auto& [token, message] : messages_) {
        if (!message.id.empty()) by_id[message.id].push_back(&message);
    }
    for (auto& [id, same] : by_id) {
        const auto exists = std::find_if(same.begin(), same.end(),
                                         [](const Message* message) { return message->was_seen; });
        Message* original = exists == same.end() ? same.front() : *exists;
        tokens_[id] = original->posted->token;
        for (Message* other : same) {
            if (other == original) continue;
            other->is_duplicate = true;
            if (other->posted->dedup.empty() || other->posted->dedup != original->posted->dedup) {
                complain(fmt::format("{} and {} have the same id {}", original->posted->token,
                                     other->posted->token, id));
            }
            if (other->was_seen) {
                complain(fmt::format("{} was shown as {} and as {}", id, original->posted->token,
                                     other->posted->token));
            }
            original->has_duplicates = true;
            if (other->call->sent < original->call->sent) original->call = other->call;
        }
    }
}

const std::vector<const QueueFacts::Message*>& QueueFacts::messages_of(
    const std::string& queue) const {
    static const std::vector<const Message*> none;
    const auto found = queues_.find(queue);
    return found == queues_.end() ? none : found->second.messages;
}

const QueueFacts::Message* QueueFacts::find(const std::string& token) const {
    const auto found = messages_.find(token);
    return found == messages_.end() ? nullptr : &found->second;
}

const QueueFacts::Claim* QueueFacts::find_claim(const std::string& id) const {
    const auto found = claims_.find(id);
    return found == claims_.end() ? nullptr : &found->second;
}

bool QueueFacts::is_seen_behind(const Message& message, const QueueCall& call) const {
    return call.is_over &&
           std::any_of(message.sightings.begin(), message.sightings.end(),
                       [&](const QueueCall* sighting) { return call.over < sighting->sent; });
}

bool QueueFacts::is_purged(const Message& message, const QueueCall& through) const {
    const Queue& queue = queues_.at(message.call->queue);
    const auto may_have_gone = [&](const QueueCall* call) {
        if (!begins_before_end_of(*call, through)) return false;
        if (ends_before(*call, message.call->sent)) return false;
        return !is_seen_behind(message, *call);
    };
    return std::any_of(queue.purges.begin(), queue.purges.end(), may_have_gone) ||
           std::any_of(queue.unknown_pops.begin(), queue.unknown_pops.end(), may_have_gone);
}

bool QueueFacts::is_present(const Message& message, const QueueCall& through) const {
    if (message.is_duplicate || !is_done(*message.call)) return false;
    if (!ends_before(*message.call, through.sent)) return false;
    for (const auto* removal : message.removals) {
        if (begins_before_end_of(*removal, through) && !is_seen_behind(message, *removal)) {
            return false;
        }
    }
    if (is_purged(message, through)) return false;
    return is_within(*message.call, message.posted->ttl_ms, through);
}

bool QueueFacts::is_removed(const Message& message, const QueueCall& before) const {
    for (const auto* removal : message.removals) {
        // What has gone to another queue is none of those that there were.
        const bool is_sure =
            removal->kind != Kind::remove || removal->is_whole || !may_have_moved(message);
        if (is_sure && is_done(*removal) && ends_before(*removal, before.sent)) return true;
    }
    // What went to another queue is not purged here.
    if (may_have_moved(message)) return false;
    const Queue& queue = queues_.at(message.call->queue);
    return std::any_of(queue.purges.begin(), queue.purges.end(), [&](const QueueCall* purge) {
        return is_done(*purge) && ends_before(*purge, before.sent) &&
               ends_before(*message.call, purge->sent);
    });
}

bool QueueFacts::is_expired(const Message& message, const QueueCall& before) const {
    // Whoever claims it makes it live longer.
    if (!message.claims.empty() || may_have_moved(message)) return false;
    for (const auto* claim : queues_.at(message.call->queue).unknown_claims) {
        if (!ends_before(*claim, message.call->sent)) return false;
    }
    // Its life begins when it can be had.
    const int64_t life_ms = message.posted->delay_ms + message.posted->ttl_ms;
    return is_past(*message.call, life_ms + options_.lateness_ms, before.sent);
}

bool QueueFacts::may_have_moved(const Message& message) const {
    const auto limit = options_.claims_max.find(message.call->queue);
    if (limit == options_.claims_max.end()) return false;
    size_t failures = message.claims.size();
    for (const auto* claim : queues_.at(message.call->queue).unknown_claims) {
        if (!ends_before(*claim, message.call->sent)) ++failures;
    }
    return failures >= limit->second;
}

bool QueueFacts::may_be_held(const Message& message, const QueueCall& through) const {
    for (const auto* call : message.claims) {
        if (!begins_before_end_of(*call, through)) continue;
        const Claim& claim = claims_.at(call->claim);
        bool released = false;
        for (const auto* release : claim.releases) {
            if (!begins_before_end_of(*release, through) || !is_about(*release, message.id)) {
                continue;
            }
            // Whichever of them gave it back, its delay counts.
            const int64_t delay_ms = release->delay_ms + options_.lateness_ms;
            if (!is_past(*release, delay_ms, through.sent)) return true;
            released = released || is_done(*release);
        }
        if (released) continue;
        if (!is_past(*call, call->ttl_ms + options_.lateness_ms, through.sent)) return true;
        for (const auto* renewal : claim.renewals) {
            if (begins_before_end_of(*renewal, through) &&
                !is_past(*renewal, renewal->ttl_ms + options_.lateness_ms, through.sent)) {
                return true;
            }
        }
    }
    return std::any_of(
        queues_.at(message.call->queue).unknown_claims.begin(),
        queues_.at(message.call->queue).unknown_claims.end(), [&](const QueueCall* claim) {
            return begins_before_end_of(*claim, through) &&
                   !ends_before(*claim, message.call->sent) &&
                   !is_past(*claim, claim->ttl_ms + options_.lateness_ms, through.sent);
        });
}

bool QueueFacts::is_free(const Message& message, const QueueCall& through) const {
    if (message.call->queue != through.queue || may_have_moved(message)) return false;
    if (!is_present(message, through)) return false;
    const int64_t delay_ms = message.posted->delay_ms;
    if (delay_ms > 0 && !is_past(*message.call, delay_ms + options_.lateness_ms, through.sent)) {
        return false;
    }
    if (may_be_held(message, through)) return false;
    const std::string& group = message.posted->group;
    if (group.empty()) return true;
    const auto& others = messages_of(through.queue);
    return std::none_of(others.begin(), others.end(), [&](const Message* other) {
        return other->posted->group == group && other != &message && may_be_held(*other, through);
    });
}

bool QueueFacts::is_too_early(const Message& message, const QueueCall& at) const {
    if (is_within(*message.call, message.posted->delay_ms, at)) return true;
    for (const auto* call : message.claims) {
        for (const auto* release : claims_.at(call->claim).releases) {
            if (is_done(*release) && is_about(*release, message.id) &&
                ends_before(*release, at.sent) && is_within(*release, release->delay_ms, at) &&
                is_held(message, claims_.at(call->claim), *release)) {
                return true;
            }
        }
    }
    return false;
}

bool QueueFacts::is_held(const Message& message, const Claim& claim,
                         const QueueCall& through) const {
    if (!ends_before(*claim.call, through.sent)) return false;
    for (const auto* release : claim.releases) {
        if (release != &through && is_about(*release, message.id) &&
            begins_before_end_of(*release, through)) {
            return false;
        }
    }
    for (const auto* removal : message.removals) {
        if (removal != &through && begins_before_end_of(*removal, through)) return false;
    }
    for (const auto* purge : queues_.at(claim.call->queue).purges) {
        if (begins_before_end_of(*purge, through) && !ends_before(*purge, claim.call->sent)) {
            return false;
        }
    }
    // Whatever may have set its end last must have set it behind the call.
    const auto sets_end = [&](const QueueCall& setter) {
        if (!begins_before_end_of(setter, through)) return false;
        return std::none_of(claim.renewals.begin(), claim.renewals.end(),
                            [&](const QueueCall* later) {
                                return is_done(*later) && ends_before(setter, later->sent) &&
                                       ends_before(*later, through.sent);
                            });
    };
    if (sets_end(*claim.call) && !is_within(*claim.call, claim.call->ttl_ms, through)) return false;
    return std::all_of(claim.renewals.begin(), claim.renewals.end(), [&](const QueueCall* renewal) {
        return renewal == &through || !sets_end(*renewal) ||
               is_within(*renewal, renewal->ttl_ms, through);
    });
}

bool QueueFacts::do_overlap(const Message& message, const Claim& a, const Claim& b) const {
    if (ends_before(*a.call, b.call->sent)) return is_held(message, a, *b.call);
    if (ends_before(*b.call, a.call->sent)) return is_held(message, b, *a.call);
    // Whichever was first, it was not over yet.
    const auto was_touched = [&](const QueueCall* change) {
        return begins_before_end_of(*change, *a.call) || begins_before_end_of(*change, *b.call);
    };
    const auto& purges = queues_.at(a.call->queue).purges;
    return is_within(*a.call, a.call->ttl_ms, *b.call) &&
           is_within(*b.call, b.call->ttl_ms, *a.call) &&
           std::none_of(a.releases.begin(), a.releases.end(), was_touched) &&
           std::none_of(b.releases.begin(), b.releases.end(), was_touched) &&
           std::none_of(a.renewals.begin(), a.renewals.end(), was_touched) &&
           std::none_of(b.renewals.begin(), b.renewals.end(), was_touched) &&
           std::none_of(message.removals.begin(), message.removals.end(), was_touched) &&
           std::none_of(purges.begin(), purges.end(), was_touched);
}

bool QueueFacts::is_posted_before(const Message& a, const Message& b) const {
    if (a.call->queue != b.call->queue) return false;
    if (a.has_duplicates || b.has_duplicates) {
        return a.sequence && b.sequence && *a.sequence < *b.sequence;
    }
    if (a.call == b.call) return a.place < b.place;
    if (ends_before(*a.call, b.call->sent)) return true;
    if (ends_before(*b.call, a.call->sent)) return false;
    return a.sequence && b.sequence && *a.sequence < *b.sequence;
}

bool QueueFacts::was_queue_removed(const std::string& queue) const {
    const auto& purges = queues_.at(queue).purges;
    return std::any_of(purges.begin(), purges.end(),
                       [](const QueueCall* call) { return call->kind == Kind::remove_queue; });
}

bool QueueFacts::is_claimed_before(const Message& a, const Message& b) const {
    if (a.posted->priority != b.posted->priority) return a.posted->priority > b.posted->priority;
    return is_posted_before(a, b);
}

}  // namespace signalbox
