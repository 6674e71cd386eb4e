#include "core/claims.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "core/queue_checks.h"
#include "core/queue_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr Duration retry_delay = std::chrono::seconds(1);

ClaimId random_claim_id(Random& random) {
    const Uuid uuid = random.uuid();
    // Without the bits that say which kind of UUID it is.
    std::string raw(uuid.raw().substr(0, 6));
    raw += uuid.raw().substr(10);
    return ClaimId::from_raw(raw);
}

}  // namespace

std::optional<Result<MessagesClaimed>> Claims::claim(TenantId tenant, const std::string& name,
                                                     const ClaimMessages& command,
                                                     RequestId request, Step& step) {
    const auto begun = [&]() -> Result<Queue*> {
        TRY(check_count(command.limit, limits_.messages_per_answer_max, "limit"));
        TRY(check_claim_times(command.ttl, command.grace, limits_));
        if (command.queue.kind == QueueKind::topic) {
            return fail(ErrorCode::conflict, "messages of a topic cannot be claimed", "queue");
        }
        if (command.wait > Duration::zero()) {
            return catalog_.find_or_remember(tenant, command.queue, step);
        }
        return catalog_.find(tenant, command.queue, step);
    }();
    if (!begun) return fail(begun.error());
    Queue* const queue = *begun;
    if (queue == nullptr) return MessagesClaimed{};
    // Whoever waits already comes first.
    const bool others_wait = !queue->waiters.empty();
    if (queue->exists() && !others_wait) {
        auto found = search(*queue, command, step);
        if (!found) return fail(found.error());
        if (!found->found.empty()) {
            auto taken = take(*queue, *found, command, step);
            if (!taken || taken->claim) return taken;
            // All of them were dead letters; there may be more behind them.
            found->is_complete = false;
        }
        if (!found->is_complete) {
            const bool is_once = command.wait == Duration::zero();
            auto parked = park(*queue, tenant, name, command, is_once, request, step);
            messages_.wake(*queue);
            return parked;
        }
    }
    // While somebody in front still searches, nobody knows whether there is something behind it.
    const bool is_once = command.wait == Duration::zero();
    if (is_once && !queue->is_awake) return MessagesClaimed{};
    return park(*queue, tenant, name, command, is_once, request, step);
}

std::optional<Result<MessagesClaimed>> Claims::park(Queue& queue, TenantId tenant,
                                                    const std::string& name,
                                                    const ClaimMessages& command, bool is_once,
                                                    RequestId request, Step& step) {
    auto parked = step.waiters.park(request, &queue, queue.waiters);
    if (!parked) return fail(std::move(parked).error());
    if (!is_once) {
        step.timers.schedule(**parked, saturating_add(step.now.steady, command.wait));
    }
    tenants_.follow(name, tenant);
    if (is_once) ++queue.asked_once;
    waiting_.emplace(request, Waiting{queue, tenant, command, is_once});
    return std::nullopt;
}

void Claims::forget_wait(RequestId request) {
    const auto found = waiting_.find(request);
    if (found == waiting_.end()) return;
    tenants_.unfollow(found->second.tenant);
    if (found->second.is_once) --found->second.queue.asked_once;
    waiting_.erase(found);
}

void Claims::on_wait_timeout(RequestId request, Step& step) {
    step.waiters.forget(request);
    forget_wait(request);
    step.complete<MessagesClaimed>(request, MessagesClaimed{});
}

// Writes nothing: what cannot be read leaves everything as it was.
Result<Claims::Search> Claims::search(Queue& queue, const ClaimMessages& command,
                                      Step& step) const {
    Search search;
    const bool has_dead_letters = queue.settings.claims_max && queue.settings.dead_letter_queue &&
                                  *queue.settings.dead_letter_queue != queue.key.queue.name;
    size_t bytes = 0;
    size_t taken = 0;
    MessageWalk walk(queue, step.rows, MessageWalk::Order::by_lane, 0, true);
    while (taken < command.limit && bytes < limits_.answer_bytes_max) {
        if (walk.steps() >= limits_.rows_per_step_max ||
            search.found.size() >= limits_.messages_per_answer_max) {
            search.is_complete = false;
            break;
        }
        TRY_AS(const bool has_more, walk.next());
        if (!has_more) break;
        const MessageRow& row = walk.row();
        if (row.expires_at <= step.now.wall) continue;
        if (messages_.must_wait(queue, walk.place(), row)) continue;
        Candidate candidate{walk.place(), std::string(walk.encoded()), false, {}};
        candidate.moves =
            has_dead_letters && static_cast<int64_t>(row.claim_count) >= *queue.settings.claims_max;
        if (candidate.moves) {
            bytes += row.body.size();
        } else {
            auto body = messages_.body_of(queue, walk.place(), row, step);
            if (!body) {
                Messages::set_aside(queue, walk.place());
                continue;
            }
            ++taken;
            bytes += body->size();
            candidate.body = std::move(*body);
        }
        search.found.push_back(std::move(candidate));
    }
    return search;
}

Result<Queue*> Claims::dead_letters_of(const Queue& queue, Step& step) {
    return catalog_.find_or_create(queue.key.tenant,
                                   {QueueKind::queue, *queue.settings.dead_letter_queue}, step);
}

void Claims::move_to(Queue& dead_letters, Queue& queue, const Candidate& candidate, Step& step) {
    const auto row = *decode_message(candidate.encoded);
    MessageRow moved = row;
    if (!moved.moved_id) moved.moved_id = message_id(queue.number, candidate.place);
    moved.claim_count = 0;
    moved.delayed_until.reset();
    if (queue.settings.dead_letter_ttl) {
        moved.ttl = std::min(*queue.settings.dead_letter_ttl, limits_.ttl_max);
        moved.expires_at = saturating_add(step.now.wall, moved.ttl);
    }
    messages_.erase(queue, candidate.place, row.body_bytes(), &row, step);
    const auto place = messages_.append(dead_letters, candidate.place.lane, moved, step);
    step.ready.writes.put(moved_key(dead_letters.number, *moved.moved_id), encode_place(place));
    messages_.wake(dead_letters);
    if (!row.group.empty()) messages_.let_group_on(queue, row.group);
    ++messages_.statistics().dead_lettered;
}

Result<MessagesClaimed> Claims::take(Queue& queue, Search& found, const ClaimMessages& command,
                                     Step& step) {
    Queue* dead_letters = nullptr;
    if (std::any_of(found.found.begin(), found.found.end(),
                    [](const Candidate& one) { return one.moves; })) {
        auto made = dead_letters_of(queue, step);
        if (made) {
            dead_letters = *made;
        } else if (made.error().code == ErrorCode::overloaded) {
            // There is no room for that queue: nothing moves, and nobody waits behind what would.
            if (found.found.size() > command.limit) found.found.resize(command.limit);
            for (auto& candidate : found.found) {
                if (!candidate.moves) continue;
                auto body = messages_.body_of(queue, candidate.place,
                                              *decode_message(candidate.encoded), step);
                if (!body) {
                    Messages::set_aside(queue, candidate.place);
                    continue;
                }
                candidate.moves = false;
                candidate.body = std::move(*body);
            }
            std::erase_if(found.found, [](const Candidate& one) { return one.moves; });
        } else {
            return fail(std::move(made).error());
        }
    }
    const bool has_taken = !std::all_of(found.found.begin(), found.found.end(),
                                        [](const Candidate& one) { return one.moves; });
    if (has_taken && catalog_.open_claims() >= limits_.claims_max) {
        return fail(ErrorCode::overloaded, "too many claims");
    }
    if (dead_letters != nullptr) {
        for (const auto& candidate : found.found) {
            if (candidate.moves) move_to(*dead_letters, queue, candidate, step);
        }
        std::erase_if(found.found, [](const Candidate& one) { return one.moves; });
    }
    MessagesClaimed answer;
    if (!has_taken) return answer;

    auto made = std::make_unique<Claim>();
    Claim& claim = *made;
    claim.id = random_claim_id(step.random);
    claim.queue = &queue;
    claim.renewed_at = step.now.wall;
    claim.ttl = command.ttl;
    claim.expires_at = saturating_add(step.now.wall, command.ttl);
    claim.live = found.found.size();
    claim.taken.reserve(found.found.size());
    answer.messages.reserve(found.found.size());
    const Instant lives_until = saturating_add(claim.expires_at, command.grace);
    for (auto& candidate : found.found) {
        MessageRow row = *decode_message(candidate.encoded);
        if (row.expires_at < lives_until) {
            // It must not end while somebody works on it.
            const Instant ended_at = row.expires_at;
            row.ttl = command.ttl + command.grace;
            row.expires_at = lives_until;
            messages_.rewrite(queue, candidate.place, row, ended_at, step);
            row.has_expiry_row = true;
        }
        claim.messages_until = std::min(claim.messages_until, row.expires_at);
        claim.taken.push_back(
            {candidate.place, static_cast<uint32_t>(row.body_bytes()), row.is_plain(), false});
        if (!row.group.empty()) {
            claim.groups.resize(claim.taken.size() - 1);
            claim.groups.emplace_back(row.group);
        }
        auto view = messages_.head_of(queue, candidate.place, row, step.now.wall);
        view.body = std::move(candidate.body);
        view.claim = claim.id;
        ++view.claim_count;
        answer.messages.push_back(std::move(view));
    }
    if (!claim.groups.empty()) claim.groups.resize(claim.taken.size());
    hold(queue, claim);
    step.timers.schedule(claim, claim.expires_at);
    step.ready.writes.put(claim_key(queue.number, claim.id), encode_claim(claim));
    catalog_.touch(queue);
    answer.claim = claim.id;
    answer.ttl = claim.ttl;
    answer.expires_at = claim.expires_at;
    messages_.statistics().claimed += claim.live;
    queue.claims.emplace(claim.id, std::move(made));
    catalog_.claim_opened();
    return answer;
}

Result<Claim*> Claims::require(Queue& queue, const ClaimId& id) const {
    const auto found = queue.claims.find(id);
    if (found != queue.claims.end()) return found->second.get();
    return fail(ErrorCode::not_found, fmt::format("{} does not exist", id.text()), "claim");
}

ClaimView Claims::view_of(const Claim& claim, Now now) const {
    ClaimView view;
    view.id = claim.id;
    view.age = std::max(now.wall - claim.renewed_at, Duration::zero());
    view.ttl = claim.ttl;
    view.expires_at = claim.expires_at;
    return view;
}

// The rows of what the claim holds, or of those that are asked for.
Result<std::vector<Claims::Returned>> Claims::read_taken(Queue& queue, const Claim& claim,
                                                         const std::vector<MessagePlace>& only,
                                                         Step& step) const {
    std::vector<Returned> messages;
    for (const auto& taken : claim.taken) {
        if (taken.is_gone) continue;
        if (!only.empty() && !std::binary_search(only.begin(), only.end(), taken.place)) continue;
        TRY_AS(auto encoded, step.rows.get(message_key(queue.number, taken.place)));
        if (!encoded || !decode_message(*encoded)) {
            return fail(ErrorCode::internal, "a row of a claimed message is missing or damaged");
        }
        messages.push_back({taken.place, std::move(*encoded)});
    }
    return messages;
}

Result<ClaimView> Claims::get(TenantId tenant, const GetClaim& command, Step& step) {
    TRY_AS(Queue* const queue, catalog_.require(tenant, command.queue, step));
    TRY_AS(const Claim* const claim, require(*queue, command.claim));
    TRY_AS(const auto messages, read_taken(*queue, *claim, {}, step));
    ClaimView view = view_of(*claim, step.now);
    for (const auto& message : messages) {
        const auto row = *decode_message(message.encoded);
        auto body = messages_.body_of(*queue, message.place, row, step);
        if (!body) continue;
        view.messages.push_back(messages_.head_of(*queue, message.place, row, step.now.wall));
        view.messages.back().body = std::move(*body);
    }
    return view;
}

Result<ClaimView> Claims::renew(TenantId tenant, const RenewClaim& command, Step& step) {
    TRY(check_claim_times(command.ttl, command.grace, limits_));
    TRY_AS(Queue* const queue, catalog_.require(tenant, command.queue, step));
    TRY_AS(Claim* const claim, require(*queue, command.claim));
    const Instant expires_at = saturating_add(step.now.wall, command.ttl);
    const Instant lives_until = saturating_add(expires_at, command.grace);
    if (claim->messages_until < lives_until) {
        TRY_AS(const auto messages, read_taken(*queue, *claim, {}, step));
        Instant until = never;
        for (const auto& message : messages) {
            MessageRow row = *decode_message(message.encoded);
            if (row.expires_at < lives_until) {
                const Instant ended_at = row.expires_at;
                row.ttl = command.ttl + command.grace;
                row.expires_at = lives_until;
                messages_.rewrite(*queue, message.place, row, ended_at, step);
                const auto held = find_held(*queue, message.place);
                claim->taken[held.index].is_plain = false;
            }
            until = std::min(until, row.expires_at);
        }
        claim->messages_until = until;
    }
    claim->renewed_at = step.now.wall;
    claim->ttl = command.ttl;
    claim->expires_at = expires_at;
    step.timers.schedule(*claim, expires_at);
    step.ready.writes.put(claim_key(queue->number, claim->id), encode_claim(*claim));
    return view_of(*claim, step.now);
}

// They are ready again, or delayed.
void Claims::give_back(Queue& queue, Claim& claim, const std::vector<Returned>& messages,
                       Duration delay, bool counts, Step& step) {
    catalog_.touch(queue);
    const ClaimId id = claim.id;
    for (const auto& message : messages) {
        const auto held = find_held(queue, message.place);
        ASSERT(held.claim == &claim);
        MessageRow row = *decode_message(message.encoded);
        const Instant ended_at = row.expires_at;
        if (counts) ++row.claim_count;
        if (delay > Duration::zero()) {
            row.delayed_until = saturating_add(step.now.wall, delay);
            // It must be there to be had once more.
            row.expires_at = std::max(row.expires_at, saturating_add(*row.delayed_until, row.ttl));
        }
        if (counts || delay > Duration::zero()) {
            messages_.rewrite(queue, message.place, row, ended_at, step);
        }
        forget_run(queue, message.place);
        // Before the claim lets its group go on, so that this one is the next of it.
        if (delay > Duration::zero()) {
            messages_.delay(queue, message.place, *row.delayed_until, row.group, step);
        } else {
            messages_.make_ready(queue, message.place);
        }
        messages_.take_from_claim(queue, held, step);
    }
    const auto left = queue.claims.find(id);
    if (left != queue.claims.end()) {
        step.ready.writes.put(claim_key(queue.number, id), encode_claim(*left->second));
    }
}

Result<ClaimReleased> Claims::release(TenantId tenant, const ReleaseClaim& command, Step& step) {
    TRY_AS(Queue* const queue, catalog_.require(tenant, command.queue, step));
    TRY_AS(Claim* const claim, require(*queue, command.claim));
    if (command.delay < Duration::zero() || command.delay > limits_.delay_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be between 0s and {}", format_duration(limits_.delay_max)),
                    "delay");
    }
    std::vector<MessagePlace> only;
    for (const auto& message : command.only) {
        TRY_AS(const auto place, messages_.place_of(*queue, message, step));
        if (!place || find_held(*queue, *place).claim != claim) {
            return fail(ErrorCode::not_found,
                        fmt::format("the claim holds no message {}", message.text()), "ids");
        }
        only.push_back(*place);
    }
    std::sort(only.begin(), only.end());
    TRY_AS(const auto messages, read_taken(*queue, *claim, only, step));
    give_back(*queue, *claim, messages, command.delay, command.counts_as_failure, step);
    return ClaimReleased{messages.size()};
}

void Claims::on_deadline(Claim& claim, Step& step) {
    Queue& queue = *claim.queue;
    const auto messages = read_taken(queue, claim, {}, step);
    if (!messages) {
        step.timers.schedule(claim, step.now.wall + retry_delay);
        return;
    }
    ++messages_.statistics().claims_expired;
    give_back(queue, claim, *messages, Duration::zero(), true, step);
}

void Claims::settle(Searches searches, Step& step) {
    // One that is woken meanwhile (dead letters) comes at the end.
    for (size_t i = 0; i < messages_.awake().size(); ++i) {
        Queue& queue = *messages_.awake()[i];
        if (queue.is_searched && searches == Searches::rest) continue;
        queue.is_searched = false;
        serve(queue, step);
        queue.is_searched = queue.is_awake;
    }
    std::erase_if(messages_.awake(), [](Queue* queue) { return !queue->is_awake; });
}

void Claims::serve(Queue& queue, Step& step) {
    // Those who do not wait hear that there is nothing; the others are in front of nobody then.
    std::vector<RequestId> given_up;
    for (auto waiter = queue.waiters.begin(); waiter != queue.waiters.end();) {
        const RequestId request = waiter->request;
        ++waiter;
        const Waiting& waiting = waiting_.at(request);
        auto found = search(queue, waiting.command, step);
        if (found && found->found.empty()) {
            // The same for all who follow.
            if (!found->is_complete) return;
            for (const auto& left : queue.waiters) {
                if (given_up.size() == queue.asked_once) break;
                if (waiting_.at(left.request).is_once) given_up.push_back(left.request);
            }
            break;
        }
        auto taken = found ? take(queue, *found, waiting.command, step)
                           : Result<MessagesClaimed>(fail(found.error()));
        // Dead letters only: it goes on with the next batch.
        if (taken && !taken->claim) return;
        step.waiters.forget(request);
        forget_wait(request);
        step.complete<MessagesClaimed>(request, std::move(taken));
    }
    for (const auto request : given_up) {
        step.waiters.forget(request);
        forget_wait(request);
        step.complete<MessagesClaimed>(request, MessagesClaimed{});
    }
    queue.is_awake = false;
}

}  // namespace signalbox
