#include <algorithm>
#include <set>

#include "base/assert.h"
#include "core/messages.h"
#include "core/queue_checks.h"

// Reading, deleting and counting messages.

namespace signalbox {
namespace {

Error damaged() {
    return {ErrorCode::internal, "a row of a message is damaged", {}};
}

// How far back the newest message is looked for, in memory and in rows.
constexpr size_t steps_back_max = 65'536;
constexpr size_t rows_back_max = 1024;

bool is_known_gone(const Queue& queue, const Lane& lane, MessagePlace place) {
    return lane.unready.contains(place.sequence) && !queue.delayed.contains(place.sequence) &&
           !queue.parked.contains(place) && !queue.unreadable.contains(place.sequence) &&
           find_held(queue, place).claim == nullptr;
}

MessageId id_of(const Queue& queue, MessagePlace place, const MessageRow& row) {
    return row.moved_id ? *row.moved_id : message_id(queue.number, place);
}

}  // namespace

MessageView Messages::head_of(const Queue& queue, MessagePlace place, const MessageRow& row,
                              Instant now) const {
    MessageView view;
    view.id = id_of(queue, place, row);
    view.sequence = place.sequence;
    view.created_at = row.created_at;
    view.age = std::max(now - row.created_at, Duration::zero());
    view.ttl = row.ttl;
    if (row.delayed_until && queue.delayed.contains(place.sequence)) {
        view.delayed_until = row.delayed_until;
    }
    const auto held = find_held(queue, place);
    if (held.claim != nullptr) view.claim = held.claim->id;
    view.claim_count = row.claim_count + (held.claim != nullptr ? 1 : 0);
    view.priority = static_cast<uint8_t>(priority_max - place.lane);
    view.group = row.group;
    return view;
}

Result<std::string> Messages::body_of(const Queue& queue, MessagePlace place, const MessageRow& row,
                                      Step& step) {
    auto body = bodies_.open(queue.key.tenant, id_of(queue, place, row), row);
    if (!body) {
        ++statistics_.unreadable;
        ++step.ready.unreadable.bodies;
        step.ready.unreadable.last = body.error().message;
    }
    return body;
}

void Messages::set_aside(Queue& queue, MessagePlace place) {
    queue.lanes.at(place.lane).unready.add(place.sequence);
    queue.unreadable.add(place.sequence);
}

std::optional<Result<MessageList>> Messages::list(TenantId tenant, const ListMessages& command,
                                                  RequestId request, Step& step) {
    return begin({request, tenant, command, {}}, step);
}

std::optional<Result<MessageList>> Messages::pop(TenantId tenant, const PopMessages& command,
                                                 RequestId request, Step& step) {
    return begin({request, tenant, command, {}}, step);
}

std::optional<Result<MessageList>> Messages::begin(Unfinished search, Step& step) {
    const size_t limit =
        std::visit([](const auto& command) { return command.limit; }, search.command);
    if (auto checked = check_count(limit, limits_.messages_per_answer_max, "limit"); !checked) {
        return fail(std::move(checked).error());
    }
    const auto complete = go_on(search, step);
    if (!complete) return fail(complete.error());
    if (*complete) return std::move(search.found);
    unfinished_.push_back(std::move(search));
    return std::nullopt;
}

Result<bool> Messages::go_on(Unfinished& search, Step& step) {
    auto* const listing = std::get_if<ListMessages>(&search.command);
    const auto* const pop = std::get_if<PopMessages>(&search.command);
    TRY_AS(Queue* const queue,
           catalog_.find(search.tenant, listing != nullptr ? listing->queue : pop->queue, step));
    if (listing != nullptr && search.found.messages.empty()) {
        search.found.next_after = listing->after;
    }
    if (queue == nullptr) return true;
    return listing != nullptr ? read_page(*queue, *listing, search.found, step)
                              : pop_page(*queue, *pop, search.found, step);
}

Result<bool> Messages::read_page(Queue& queue, ListMessages& command, MessageList& found,
                                 Step& step) {
    found.has_delay = queue.settings.delay.value_or(Duration::zero()) > Duration::zero();
    // What waits for its group is unready too, and yet neither claimed nor delayed.
    const bool skip_unready =
        !command.include_claimed && !command.include_delayed && queue.groups.empty();
    size_t bytes = 0;
    for (const auto& message : found.messages) bytes += message.body.size();
    MessageWalk walk(queue, step.rows, MessageWalk::Order::by_sequence, command.after,
                     skip_unready);
    while (found.messages.size() < command.limit && bytes < limits_.answer_bytes_max) {
        if (walk.steps() >= limits_.rows_per_step_max) return false;
        TRY_AS(const bool has_more, walk.next());
        if (!has_more) return true;
        const MessageRow& row = walk.row();
        command.after = walk.place().sequence;
        if (row.expires_at <= step.now.wall) continue;
        if (command.hide_client && row.client == *command.hide_client) continue;
        auto view = head_of(queue, walk.place(), row, step.now.wall);
        if (view.claim && !command.include_claimed) continue;
        if (view.delayed_until && !command.include_delayed) continue;
        auto body = body_of(queue, walk.place(), row, step);
        if (!body) continue;
        view.body = std::move(*body);
        bytes += view.body.size();
        found.next_after = command.after;
        found.messages.push_back(std::move(view));
    }
    return true;
}

// What stands in the way is unready once it was looked at, or is swept; so it gets on.
Result<bool> Messages::pop_page(Queue& queue, const PopMessages& command, MessageList& found,
                                Step& step) {
    struct Popped {
        MessagePlace place;
        std::string encoded;
        std::string body;
    };
    std::vector<Popped> popped;
    size_t bytes = 0;
    MessageWalk walk(queue, step.rows, MessageWalk::Order::by_lane, 0, true);
    while (popped.size() < command.limit && bytes < limits_.answer_bytes_max) {
        if (walk.steps() >= limits_.rows_per_step_max) {
            if (popped.empty()) return false;
            break;
        }
        TRY_AS(const bool has_more, walk.next());
        if (!has_more) break;
        const MessageRow& row = walk.row();
        if (row.expires_at <= step.now.wall) continue;
        if (must_wait(queue, walk.place(), row)) continue;
        auto body = body_of(queue, walk.place(), row, step);
        if (!body) {
            set_aside(queue, walk.place());
            continue;
        }
        bytes += body->size();
        popped.push_back({walk.place(), std::string(walk.encoded()), std::move(*body)});
    }
    for (auto& message : popped) {
        const auto row = *decode_message(message.encoded);
        found.messages.push_back(head_of(queue, message.place, row, step.now.wall));
        found.messages.back().body = std::move(message.body);
        erase(queue, message.place, row.body_bytes(), &row, step);
        if (!row.group.empty()) let_group_on(queue, row.group);
    }
    statistics_.deleted += popped.size();
    return true;
}

void Messages::go_on_searching(Step& step) {
    if (unfinished_.empty()) return;
    Unfinished search = std::move(unfinished_.front());
    unfinished_.pop_front();
    const auto complete = go_on(search, step);
    if (!complete) {
        step.complete<MessageList>(search.request, fail(complete.error()));
    } else if (*complete) {
        step.complete<MessageList>(search.request, std::move(search.found));
    } else {
        unfinished_.push_back(std::move(search));
    }
}

void Messages::forget_search(RequestId request) {
    std::erase_if(unfinished_, [&](const auto& search) { return search.request == request; });
}

void Messages::stop_searches(const Error& why, Step& step) {
    for (const auto& search : unfinished_) {
        step.complete<MessageList>(search.request, fail(why));
    }
    unfinished_.clear();
}

// A message that came from another queue kept the id that it had there.
Result<std::optional<MessagePlace>> Messages::place_of(const Queue& queue, const MessageId& id,
                                                       const Step& step) const {
    if (const auto place = message_place(queue.number, id)) return place;
    TRY_AS(const auto moved, step.rows.get(moved_key(queue.number, id)));
    return moved ? decode_place(*moved) : std::optional<MessagePlace>();
}

Result<MessageList> Messages::get(TenantId tenant, const GetMessages& command, Step& step) {
    TRY(check_count(command.ids.size(), limits_.messages_per_answer_max, "ids"));
    MessageList list;
    TRY_AS(Queue* const queue, catalog_.find(tenant, command.queue, step));
    if (queue == nullptr) return list;
    std::set<MessageId> seen;
    size_t bytes = 0;
    for (const auto& id : command.ids) {
        if (bytes >= limits_.answer_bytes_max) break;
        if (!seen.insert(id).second) continue;
        TRY_AS(const auto place, place_of(*queue, id, step));
        if (!place) continue;
        TRY_AS(const auto encoded, step.rows.get(message_key(queue->number, *place)));
        if (!encoded) continue;
        const auto row = decode_message(*encoded);
        if (!row) return fail(damaged());
        if (row->expires_at <= step.now.wall) continue;
        auto view = head_of(*queue, *place, *row, step.now.wall);
        TRY_AS(view.body, body_of(*queue, *place, *row, step));
        bytes += view.body.size();
        list.messages.push_back(std::move(view));
    }
    return list;
}

// What deleting it takes; nothing when it is not there.
Result<std::optional<Messages::Doomed>> Messages::doom(Queue& queue, const MessageId& id,
                                                       Step& step) const {
    TRY_AS(const auto place, place_of(queue, id, step));
    if (!place) return std::optional<Doomed>();
    Doomed doomed{*place, find_held(queue, *place), {}};
    const bool is_known =
        doomed.held.claim != nullptr && doomed.held.claim->taken[doomed.held.index].is_plain;
    if (is_known) return std::optional(std::move(doomed));
    TRY_AS(const auto encoded, step.rows.get(message_key(queue.number, *place)));
    if (!encoded) return std::optional<Doomed>();
    const auto row = decode_message(*encoded);
    if (!row) return fail(damaged());
    if (doomed.held.claim == nullptr && row->expires_at <= step.now.wall) {
        return std::optional<Doomed>();
    }
    doomed.head.emplace(*encoded, *row);
    return std::optional(std::move(doomed));
}

Result<void> Messages::check_claims(const Queue& queue, const DeleteMessages& command,
                                    const std::vector<Doomed>& doomed) const {
    if (command.rule == DeleteRule::any || doomed.empty()) return {};
    for (const auto& id : command.claims) {
        if (!queue.claims.contains(id)) {
            return fail(ErrorCode::not_found, "does not exist or has expired", "claim");
        }
    }
    for (const auto& message : doomed) {
        const Claim* claim = message.held.claim;
        if (claim == nullptr) {
            if (command.claims.empty()) continue;
            return fail(ErrorCode::conflict, "the message is not claimed", "claim");
        }
        if (std::find(command.claims.begin(), command.claims.end(), claim->id) ==
            command.claims.end()) {
            return fail(ErrorCode::forbidden, "the message is claimed by somebody else", "claim");
        }
    }
    return {};
}

Result<MessagesDeleted> Messages::remove(TenantId tenant, const DeleteMessages& command,
                                         Step& step) {
    TRY(check_count(command.ids.size(), limits_.messages_per_answer_max, "ids"));
    TRY_AS(Queue* const queue, catalog_.find(tenant, command.queue, step));
    if (queue == nullptr) return MessagesDeleted{};
    std::vector<Doomed> doomed;
    doomed.reserve(command.ids.size());
    for (const auto& id : command.ids) {
        TRY_AS(auto message, doom(*queue, id, step));
        if (message) doomed.push_back(std::move(*message));
    }
    TRY(check_claims(*queue, command, doomed));
    // The same id may have been named twice.
    std::sort(doomed.begin(), doomed.end(),
              [](const Doomed& a, const Doomed& b) { return a.place < b.place; });
    doomed.erase(std::unique(doomed.begin(), doomed.end(),
                             [](const Doomed& a, const Doomed& b) { return a.place == b.place; }),
                 doomed.end());
    std::vector<ClaimId> changed;
    for (const auto& message : doomed) {
        const auto row = message.head ? std::optional(message.head->row()) : std::nullopt;
        if (message.held.claim != nullptr) {
            const ClaimId claim = message.held.claim->id;
            if (changed.empty() || changed.back() != claim) changed.push_back(claim);
            const uint64_t bytes = message.held.claim->taken[message.held.index].body_bytes;
            erase(*queue, message.place, bytes, row ? &*row : nullptr, step);
            take_from_claim(*queue, message.held, step);
        } else {
            erase(*queue, message.place, message.head->body_bytes(), &*row, step);
            if (!row->group.empty()) {
                forget_parked(*queue, row->group, message.place);
                let_group_on(*queue, row->group);
            }
        }
    }
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    for (const auto& id : changed) {
        const auto claim = queue->claims.find(id);
        if (claim == queue->claims.end()) continue;
        step.ready.writes.put(claim_key(queue->number, id), encode_claim(*claim->second));
    }
    statistics_.deleted += doomed.size();
    return MessagesDeleted{doomed.size()};
}

Result<QueueStats> Messages::stats(TenantId tenant, const GetQueueStats& command, Step& step) {
    TRY_AS(Queue* const queue, catalog_.require(tenant, command.queue, step));
    // What expired while the queue was not in memory is not counted any more.
    const auto& expiry = queue->expiry_timer;
    if (expiry.is_linked() && Instant(Duration(expiry.deadline_ms())) <= step.now.wall) {
        on_expiry(*queue, step);
    }
    QueueStats stats;
    stats.claimed = queue->claimed_count;
    stats.delayed = queue->delayed_count;
    stats.total = queue->live;
    stats.free = stats.total - stats.claimed - stats.delayed;
    stats.bytes = queue->body_bytes;
    stats.claims = queue->claims.size();
    stats.posted = queue->next - 1;
    stats.waiters = queue->waiters.size();
    if (queue->live == 0) return stats;
    TRY_AS(stats.oldest, oldest(*queue, step));
    TRY_AS(stats.newest, newest(*queue, step));
    return stats;
}

Result<std::optional<MessageMark>> Messages::oldest(Queue& queue, Step& step) const {
    MessageWalk walk(queue, step.rows, MessageWalk::Order::by_sequence, 0, false);
    while (walk.steps() < limits_.rows_per_step_max) {
        TRY_AS(const bool found, walk.next());
        if (!found) break;
        if (walk.row().expires_at <= step.now.wall) continue;
        const auto view = head_of(queue, walk.place(), walk.row(), step.now.wall);
        return std::optional(MessageMark{view.id, view.created_at, view.age});
    }
    return std::optional<MessageMark>();
}

// From the end; it is nearly always the last one that was posted.
Result<std::optional<MessageMark>> Messages::newest(const Queue& queue, Step& step) const {
    size_t rows = 0;
    size_t steps = 0;
    for (uint64_t sequence = queue.next - 1;
         sequence > 0 && rows < rows_back_max && steps < steps_back_max; --sequence) {
        for (const auto& [number, lane] : queue.lanes) {
            ++steps;
            const MessagePlace place{number, sequence};
            if (sequence < lane.head || is_known_gone(queue, lane, place)) continue;
            ++rows;
            TRY_AS(const auto encoded, step.rows.get(message_key(queue.number, place)));
            if (!encoded) continue;
            const auto row = decode_message(*encoded);
            if (!row) return fail(damaged());
            if (row->expires_at <= step.now.wall) continue;
            const auto view = head_of(queue, place, *row, step.now.wall);
            return std::optional(MessageMark{view.id, view.created_at, view.age});
        }
    }
    return std::optional<MessageMark>();
}

}  // namespace signalbox
