#include "sim/queue_oracle.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox {
namespace {

using Kind = QueueCall::Kind;
using Outcome = QueueCall::Outcome;
using Message = QueueFacts::Message;

constexpr size_t complaints_max = 20;

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::post: return "post";
        case Kind::claim: return "claim";
        case Kind::renew: return "renewal";
        case Kind::release: return "release";
        case Kind::remove: return "deletion";
        case Kind::pop: return "pop";
        case Kind::purge: return "purge";
        case Kind::remove_queue: return "deletion of the queue";
        case Kind::list: return "listing";
        case Kind::get_claim: return "look at a claim";
    }
    return "";
}

bool takes(const QueueCall& call) {
    return call.kind == Kind::claim || call.kind == Kind::pop;
}

bool contains(const std::vector<const Message*>& list, const Message* message) {
    return std::find(list.begin(), list.end(), message) != list.end();
}

}  // namespace

QueueOracle::QueueOracle(const QueueHistory& history, QueueFacts::Options options)
    : history_(history), facts_(history, std::move(options)) {}

void QueueOracle::complain(std::string complaint) {
    if (complaints_.size() < complaints_max) complaints_.push_back(std::move(complaint));
}

void QueueOracle::wrong(const QueueCall& call, const std::string& what) {
    complain(fmt::format("queue {}, {} sent at {} ({} ms), over at {} ({} ms): {}", call.queue,
                         name_of(call.kind), call.sent.order, call.sent.stingy_ms, call.over.order,
                         call.over.stingy_ms, what));
}

std::vector<std::string> QueueOracle::verify() {
    complaints_.clear();
    for (const auto& complaint : history_.complaints()) complain(complaint);
    for (const auto& complaint : facts_.complaints()) complain(complaint);
    for (const auto& call : history_.calls()) look_at(call);
    look_at_holders();
    look_at_groups();
    look_at_dedups();
    return complaints_;
}

std::vector<const Message*> QueueOracle::seen_by(const QueueCall& call) const {
    std::vector<const Message*> seen;
    for (const auto& each : call.seen) {
        if (const Message* message = facts_.find(each.token)) seen.push_back(message);
    }
    return seen;
}

void QueueOracle::look_at(const QueueCall& call) {
    if (call.outcome == Outcome::refused) return look_at_refusal(call);
    if (call.outcome != Outcome::done) return;
    for (const Message* message : seen_by(call)) look_at_seen(call, *message);
    if (takes(call)) {
        look_at_order(call);
        look_at_passed_over(call);
    } else if (call.kind == Kind::list) {
        look_at_list(call);
    } else if (call.kind == Kind::get_claim) {
        look_at_claim(call);
    }
}

void QueueOracle::look_at_seen(const QueueCall& call, const Message& message) {
    const auto& token = message.posted->token;
    if (facts_.is_removed(message, call)) wrong(call, token + " was deleted and is back");
    if (facts_.is_expired(message, call)) wrong(call, token + " has expired");
    if (call.queue != message.call->queue && !facts_.may_have_moved(message)) {
        wrong(call, token + " was posted to " + message.call->queue);
    }
    if (takes(call) && facts_.is_too_early(message, call)) wrong(call, token + " is not due yet");
}

void QueueOracle::look_at_order(const QueueCall& call) {
    const auto seen = seen_by(call);
    if (call.seen.size() > call.limit) wrong(call, "gave more than was asked for");
    for (size_t i = 0; i < seen.size(); ++i) {
        for (size_t j = i + 1; j < seen.size(); ++j) {
            if (seen[i] == seen[j]) wrong(call, seen[i]->posted->token + " came twice");
            // Dead letters come in the order in which they moved.
            if (seen[i]->call->queue != call.queue || seen[j]->call->queue != call.queue) continue;
            if (facts_.is_claimed_before(*seen[j], *seen[i])) {
                wrong(call, fmt::format("{} came before {}", seen[i]->posted->token,
                                        seen[j]->posted->token));
            }
        }
    }
}

void QueueOracle::look_at_passed_over(const QueueCall& call) {
    const auto seen = seen_by(call);
    for (const Message* message : facts_.messages_of(call.queue)) {
        if (contains(seen, message) || !facts_.is_free(*message, call)) continue;
        if (seen.size() < call.limit) {
            wrong(call, fmt::format("{} of {} were given, and {} was free", seen.size(), call.limit,
                                    message->posted->token));
            continue;
        }
        for (const Message* given : seen) {
            if (given->call->queue != call.queue) continue;
            if (!facts_.is_claimed_before(*message, *given)) continue;
            wrong(call, fmt::format("{} was passed over by {}", message->posted->token,
                                    given->posted->token));
            break;
        }
    }
}

void QueueOracle::look_at_list(const QueueCall& call) {
    const auto seen = seen_by(call);
    for (size_t i = 1; i < seen.size(); ++i) {
        // Dead letters come in the order in which they moved.
        if (seen[i]->call->queue != call.queue) continue;
        if (facts_.is_posted_before(*seen[i], *seen[i - 1])) {
            wrong(call, fmt::format("{} stands in front of {}", seen[i - 1]->posted->token,
                                    seen[i]->posted->token));
        }
    }
    if (!call.is_whole) return;
    for (const Message* message : facts_.messages_of(call.queue)) {
        if (contains(seen, message) || facts_.may_have_moved(*message)) continue;
        if (facts_.is_present(*message, call)) wrong(call, message->posted->token + " is lost");
    }
}

// Whoever holds a claim sees everything that it holds.
void QueueOracle::look_at_claim(const QueueCall& call) {
    const auto* claim = facts_.find_claim(call.claim);
    if (claim == nullptr) return;
    const auto seen = seen_by(call);
    for (const Message* message : seen_by(*claim->call)) {
        if (contains(seen, message)) continue;
        if (facts_.is_present(*message, call) && facts_.is_held(*message, *claim, call)) {
            wrong(call, message->posted->token + " has vanished from its claim");
        }
    }
}

// A holder may delete what it holds, release and renew. One message among those that are named
// which it may not hold any more is reason enough to refuse.
void QueueOracle::look_at_refusal(const QueueCall& call) {
    if (call.claim.empty()) return;
    const auto* claim = facts_.find_claim(call.claim);
    if (claim == nullptr) return;
    const Message* held = nullptr;
    for (const Message* message : seen_by(*claim->call)) {
        const bool is_held =
            facts_.is_present(*message, call) && facts_.is_held(*message, *claim, call);
        if (is_held) held = message;
        const bool is_named =
            std::find(call.ids.begin(), call.ids.end(), message->id) != call.ids.end();
        if (is_named && !is_held) return;
    }
    if (held != nullptr) wrong(call, held->posted->token + " is held, but the claim is unknown");
}

void QueueOracle::look_at_holders() {
    for (const auto& [token, message] : facts_.messages()) {
        for (size_t i = 0; i < message.claims.size(); ++i) {
            const auto* first = facts_.find_claim(message.claims[i]->claim);
            for (size_t j = i + 1; j < message.claims.size(); ++j) {
                const auto* second = facts_.find_claim(message.claims[j]->claim);
                if (first == second || !facts_.do_overlap(message, *first, *second)) continue;
                wrong(*message.claims[j], token + " is in another claim");
            }
            for (const auto* removal : message.removals) {
                if (removal->kind == Kind::pop && facts_.is_held(message, *first, *removal)) {
                    wrong(*removal, token + " is in a claim");
                }
            }
        }
    }
}

void QueueOracle::look_at_groups() {
    std::map<std::pair<std::string, std::string>, std::vector<const Message*>> groups;
    for (const auto& [token, message] : facts_.messages()) {
        if (message.posted->group.empty() || message.claims.empty()) continue;
        if (facts_.may_have_moved(message)) continue;
        groups[{message.call->queue, message.posted->group}].push_back(&message);
    }
    for (const auto& [name, group] : groups) {
        for (const Message* held : group) {
            for (const Message* other : group) {
                if (held == other || !facts_.is_posted_before(*held, *other)) continue;
                for (const auto* a : held->claims) {
                    for (const auto* b : other->claims) {
                        if (a->claim == b->claim) continue;
                        const auto* first = facts_.find_claim(a->claim);
                        const auto* second = facts_.find_claim(b->claim);
                        if (facts_.do_overlap(*held, *first, *second) &&
                            facts_.do_overlap(*other, *first, *second)) {
                            wrong(*b, fmt::format("{} and {} of one group are in two claims",
                                                  held->posted->token, other->posted->token));
                        }
                    }
                }
            }
        }
    }
}

// One that is the same as another was not posted, whatever became of the other.
void QueueOracle::look_at_dedups() {
    std::map<std::pair<std::string, std::string>, const Message*> first;
    for (const auto& [token, message] : facts_.messages()) {
        if (message.posted->dedup.empty() || message.is_duplicate || message.id.empty()) continue;
        const auto [known, is_new] =
            first.emplace(std::pair(message.call->queue, message.posted->dedup), &message);
        if (is_new || facts_.was_queue_removed(message.call->queue)) continue;
        complain(fmt::format("{} and {} of queue {} are the same, and both were posted",
                             known->second->posted->token, token, message.call->queue));
    }
}

}  // namespace signalbox
