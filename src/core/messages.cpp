#include "core/messages.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/queue_checks.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

// Messages that retention lets go with one post; the next posts go on.
constexpr size_t evicted_per_step_max = 256;

// Keys of clients hold no NUL, so these meet none of theirs.
std::string dedup_key(char kind, QueueNumber queue, std::string_view key) {
    std::string out{'\0', kind};
    put_u64_be(out, queue.value);
    out += key;
    return out;
}

std::vector<MessageId> read_ids(std::string_view raw) {
    std::vector<MessageId> ids;
    for (; raw.size() >= sizeof(MessageId); raw.remove_prefix(sizeof(MessageId))) {
        ids.push_back(MessageId::from_raw(raw.substr(0, sizeof(MessageId))));
    }
    return ids;
}

uint64_t body_bytes_of(const std::vector<NewMessage>& messages) {
    uint64_t bytes = 0;
    for (const auto& message : messages) bytes += message.body.size();
    return bytes;
}

}  // namespace

Result<MessagesPosted> Messages::post(TenantId tenant, PostMessages& command, Step& step) {
    TRY(check_messages(command, limits_));
    TRY_AS(Queue * queue, catalog_.find(tenant, command.queue, step));
    const bool exists = queue != nullptr;
    if (exists && queue->settings.post_bytes_max &&
        command.request_bytes > *queue->settings.post_bytes_max) {
        return fail(
            ErrorCode::too_large,
            fmt::format("must have at most {} bytes together", *queue->settings.post_bytes_max),
            "messages");
    }
    if (exists && !command.idempotency_key.empty()) {
        const auto window = queue->settings.dedup_window.value_or(limits_.ttl_max);
        TRY_AS(const auto posted,
               idempotency_.find(tenant, dedup_key('p', queue->number, command.idempotency_key),
                                 command.idempotency_digest, window, step));
        if (posted) return MessagesPosted{read_ids(*posted), true};
    }
    for (size_t i = 0; i < command.messages.size(); ++i) {
        const auto& at = command.messages[i].deliver_at;
        if (at && *at > saturating_add(step.now.wall, limits_.delay_max)) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("must be within {}", format_duration(limits_.delay_max)),
                        fmt::format("messages[{}].deliver_at", i));
        }
    }
    TRY(usage_.check_post(tenant, command.messages.size(), body_bytes_of(command.messages),
                          step.now));
    if (!exists) {
        TRY_AS(queue, catalog_.find_or_create(tenant, command.queue, step));
    }
    MessagesPosted posted;
    const uint64_t posted_from = queue->next;
    TRY_AS(posted.ids, post_all(*queue, command, step));
    if (!command.idempotency_key.empty()) {
        std::string raw;
        for (const auto& id : posted.ids) raw += id.raw();
        idempotency_.remember(tenant, dedup_key('p', queue->number, command.idempotency_key),
                              command.idempotency_digest, raw, step);
    }
    wake(*queue);
    retain(*queue, posted_from, step);
    return posted;
}

Result<std::vector<MessageId>> Messages::post_all(Queue& queue, PostMessages& command, Step& step) {
    // Everything is looked up before anything is written.
    const auto window = queue.settings.dedup_window.value_or(limits_.ttl_max);
    std::map<std::string_view, MessageId> known;
    for (const auto& message : command.messages) {
        if (message.dedup.empty()) continue;
        TRY_AS(const auto posted,
               idempotency_.find(queue.key.tenant, dedup_key('m', queue.number, message.dedup), 0,
                                 window, step));
        if (posted) known.emplace(message.dedup, MessageId::from_raw(*posted));
    }
    const Duration queue_delay = queue.settings.delay.value_or(Duration::zero());
    const Duration default_ttl = std::min(limits_.ttl_default, command.default_ttl_max);
    const bool own_delay = !command.delays_as_zaqar || queue_delay > Duration::zero();
    const bool encrypts = command.encrypts || queue.settings.encrypt.value_or(false);
    Outbox* const outbox = outboxes_.listening(queue.key);
    std::vector<MessageId> ids;
    ids.reserve(command.messages.size());
    for (const auto& message : command.messages) {
        if (!message.dedup.empty()) {
            const auto found = known.find(message.dedup);
            if (found != known.end()) {
                ids.push_back(found->second);
                continue;
            }
        }
        MessageRow row;
        row.created_at = step.now.wall;
        row.ttl = message.ttl.value_or(queue.settings.ttl.value_or(default_ttl));
        // The queue's is from a time with other limits, perhaps.
        row.ttl = std::min(row.ttl, limits_.ttl_max);
        row.expires_at = saturating_add(row.created_at, row.ttl);
        const Duration delay = own_delay ? message.delay.value_or(queue_delay) : queue_delay;
        if (message.deliver_at) {
            // Its life begins when it can be had.
            if (*message.deliver_at > step.now.wall) {
                row.delayed_until = *message.deliver_at;
                row.expires_at = saturating_add(*row.delayed_until, row.ttl);
            }
        } else if (delay > Duration::zero()) {
            row.delayed_until = saturating_add(step.now.wall, delay);
            if (!command.delays_as_zaqar) {
                row.expires_at = saturating_add(*row.delayed_until, row.ttl);
            }
        }
        row.client = command.client;
        row.group = message.group;
        row.body = message.body;
        const MessagePlace next{lane_of_priority(message.priority), queue.next};
        if (encrypts) {
            bodies_.seal(queue.key.tenant, message_id(queue.number, next), row, step.random);
        }
        const auto place = append(queue, next.lane, row, step);
        ids.push_back(message_id(queue.number, place));
        followers_.tell(queue.key, {row.ttl, message.body});
        if (outbox != nullptr) {
            outboxes_.append(
                *outbox,
                {0, ids.back(), row.created_at, row.ttl, 0, row.seal, std::string(row.body)}, step);
        }
        if (message.dedup.empty()) continue;
        known.emplace(message.dedup, ids.back());
        idempotency_.remember(queue.key.tenant, dedup_key('m', queue.number, message.dedup), 0,
                              ids.back().raw(), step);
    }
    statistics_.posted += ids.size();
    return ids;
}

MessagePlace Messages::append(Queue& queue, uint8_t lane_number, MessageRow row, Step& step) {
    const MessagePlace place{lane_number, queue.next++};
    const auto [found, is_new] = queue.lanes.try_emplace(lane_number);
    Lane& lane = found->second;
    if (is_new) {
        lane.head = place.sequence;
        lane.swept = place.sequence;
    }
    row.has_expiry_row = row.expires_at < lane.ordered_until;
    if (row.has_expiry_row) {
        step.ready.writes.put(timed_key(Table::message_expiry, queue.number, row.expires_at, place),
                              {});
        queue.expiry_floor = std::min(queue.expiry_floor, row.expires_at);
    } else {
        lane.ordered_until = row.expires_at;
    }
    if (row.delayed_until) {
        delay(queue, place, *row.delayed_until, {}, step);
    }
    row_buffer_.clear();
    encode_message(row, row_buffer_);
    step.ready.writes.put(message_key(queue.number, place), row_buffer_);
    if (!queue.expiry_timer.is_linked() ||
        Instant(Duration(queue.expiry_timer.deadline_ms())) > row.expires_at) {
        step.timers.schedule(queue.expiry_timer, row.expires_at);
    }
    ++queue.live;
    queue.body_bytes += row.body_bytes();
    usage_.add_messages(queue.key.tenant, 1, row.body_bytes());
    catalog_.touch(queue);
    return place;
}

void Messages::delay(Queue& queue, MessagePlace place, Instant until, std::string_view group,
                     Step& step) {
    step.ready.writes.put(timed_key(Table::message_delay, queue.number, until, place), group);
    if (!group.empty()) park(queue, group, place);
    queue.delay_floor = std::min(queue.delay_floor, until);
    queue.delayed.add(place.sequence);
    ++queue.delayed_count;
    queue.lanes.at(place.lane).unready.add(place.sequence);
    if (!queue.delay_timer.is_linked() ||
        Instant(Duration(queue.delay_timer.deadline_ms())) > until) {
        step.timers.schedule(queue.delay_timer, until);
    }
}

void Messages::erase(Queue& queue, MessagePlace place, uint64_t body_bytes, const MessageRow* row,
                     Step& step) {
    step.ready.writes.erase(message_key(queue.number, place));
    if (row != nullptr) {
        if (row->has_expiry_row) {
            step.ready.writes.erase(
                timed_key(Table::message_expiry, queue.number, row->expires_at, place));
        }
        if (row->moved_id) step.ready.writes.erase(moved_key(queue.number, *row->moved_id));
        if (row->delayed_until && queue.delayed.contains(place.sequence)) {
            step.ready.writes.erase(
                timed_key(Table::message_delay, queue.number, *row->delayed_until, place));
            queue.delayed.remove(place.sequence);
            --queue.delayed_count;
            if (queue.delayed.empty()) TimerWheel::cancel(queue.delay_timer);
        }
    }
    queue.lanes.at(place.lane).unready.add(place.sequence);
    queue.unreadable.remove(place.sequence);
    ASSERT(queue.live > 0 && queue.body_bytes >= body_bytes);
    --queue.live;
    queue.body_bytes -= body_bytes;
    usage_.remove_messages(queue.key.tenant, 1, body_bytes);
    catalog_.touch(queue);
}

void Messages::rewrite(Queue& queue, MessagePlace place, MessageRow row, Instant ended_at,
                       Step& step) {
    if (row.expires_at != ended_at) {
        if (row.has_expiry_row) {
            step.ready.writes.erase(
                timed_key(Table::message_expiry, queue.number, ended_at, place));
        }
        row.has_expiry_row = true;
        step.ready.writes.put(timed_key(Table::message_expiry, queue.number, row.expires_at, place),
                              {});
        queue.expiry_floor = std::min(queue.expiry_floor, row.expires_at);
        if (!queue.expiry_timer.is_linked()) {
            step.timers.schedule(queue.expiry_timer, row.expires_at);
        }
    }
    row_buffer_.clear();
    encode_message(row, row_buffer_);
    step.ready.writes.put(message_key(queue.number, place), row_buffer_);
}

void Messages::make_ready(Queue& queue, MessagePlace place) {
    Lane& lane = queue.lanes.at(place.lane);
    ASSERT(place.sequence >= lane.head);
    lane.unready.remove(place.sequence);
    wake(queue);
}

void Messages::park(Queue& queue, std::string_view group, MessagePlace place) {
    queue.groups[std::string(group)].parked.insert(place);
    queue.parked.insert(place);
}

bool Messages::must_wait(Queue& queue, MessagePlace place, const MessageRow& row) {
    if (row.group.empty()) return false;
    const auto found = queue.groups.find(row.group);
    if (found == queue.groups.end()) return false;
    MessageGroup& group = found->second;
    const bool is_behind = !group.parked.empty() && *group.parked.begin() < place;
    if (group.holder == nullptr && !is_behind) return false;
    group.parked.insert(place);
    queue.parked.insert(place);
    queue.lanes.at(place.lane).unready.add(place.sequence);
    return true;
}

void Messages::let_group_on(Queue& queue, std::string_view name) {
    const auto found = queue.groups.find(name);
    if (found == queue.groups.end()) return;
    MessageGroup& group = found->second;
    if (group.holder != nullptr) return;
    for (size_t i = 0; i < limits_.unparked_per_step_max && !group.parked.empty(); ++i) {
        const MessagePlace first = *group.parked.begin();
        // The others wait for it.
        if (queue.delayed.contains(first.sequence)) return;
        group.parked.erase(group.parked.begin());
        queue.parked.erase(first);
        make_ready(queue, first);
    }
    if (group.parked.empty()) queue.groups.erase(found);
}

void Messages::forget_parked(Queue& queue, std::string_view name, MessagePlace place) {
    const auto found = queue.groups.find(name);
    if (found == queue.groups.end()) return;
    found->second.parked.erase(place);
    queue.parked.erase(place);
    if (found->second.parked.empty() && found->second.holder == nullptr) {
        queue.groups.erase(found);
    }
}

void Messages::take_from_claim(Queue& queue, const HeldMessage& held, Step& step) {
    Claim& claim = *held.claim;
    TakenMessage& taken = claim.taken[held.index];
    ASSERT(!taken.is_gone);
    taken.is_gone = true;
    --claim.live;
    --queue.claimed_count;
    if (!claim.groups.empty() && !claim.groups[held.index].empty()) {
        const std::string& name = claim.groups[held.index];
        MessageGroup& group = queue.groups.at(name);
        if (--group.held == 0) {
            group.holder = nullptr;
            let_group_on(queue, name);
        }
    }
    if (claim.live == 0) end_claim(queue, claim, step);
}

void Messages::end_claim(Queue& queue, Claim& claim, Step& step) {
    ASSERT(claim.live == 0);
    for (const auto& taken : claim.taken) {
        const auto run = queue.claimed.find(taken.place);
        if (run != queue.claimed.end() && run->second.claim == &claim) queue.claimed.erase(run);
    }
    step.ready.writes.erase(claim_key(queue.number, claim.id));
    const ClaimId id = claim.id;
    queue.claims.erase(id);
    catalog_.claim_closed();
}

void Messages::wake(Queue& queue) {
    if (queue.is_awake || queue.waiters.empty()) return;
    queue.is_awake = true;
    awake_.push_back(&queue);
}

// The oldest ones that nobody holds go first. A store that cannot be read is told by whoever
// reads next; the posts that follow go on here.
void Messages::retain(Queue& queue, uint64_t posted_from, Step& step) {
    const auto& settings = queue.settings;
    const auto is_over = [&](uint64_t messages, uint64_t bytes) {
        return (settings.messages_max &&
                messages > static_cast<uint64_t>(*settings.messages_max)) ||
               (settings.bytes_max && bytes > static_cast<uint64_t>(*settings.bytes_max));
    };
    if (!is_over(queue.live, queue.body_bytes)) return;
    struct Evicted {
        MessagePlace place;
        MessageHead head;
    };
    std::vector<Evicted> evicted;
    uint64_t messages = queue.live;
    uint64_t bytes = queue.body_bytes;
    MessageWalk walk(queue, step.rows, MessageWalk::Order::by_sequence, 0, true);
    while (is_over(messages, bytes) && evicted.size() < evicted_per_step_max) {
        const auto found = walk.next();
        // What has just been accepted stays.
        if (!found || !*found || walk.place().sequence >= posted_from) break;
        --messages;
        bytes -= walk.row().body_bytes();
        evicted.push_back({walk.place(), MessageHead(walk.encoded(), walk.row())});
    }
    for (const auto& message : evicted) {
        const auto row = message.head.row();
        erase(queue, message.place, message.head.body_bytes(), &row, step);
        if (!row.group.empty()) let_group_on(queue, row.group);
        ++statistics_.evicted;
    }
}

}  // namespace signalbox
