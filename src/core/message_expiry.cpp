#include <algorithm>

#include "core/messages.h"
#include "storage/keys.h"

// The ends that time brings: messages expire, and delays pass.
//
// Most messages of a lane expire in the order in which they were posted: they are read from the
// old end until one is still alive. Those that end before one that was posted earlier have a row
// in message_expiry, by time. So there is one timer for a queue, at the earliest end that is known.

namespace signalbox {
namespace {

// What one step ends.
constexpr size_t rows_per_step = 256;
// Until something that must come first has come: the end of a claim, or a store that can be read.
constexpr Duration retry_delay = std::chrono::seconds(1);

}  // namespace

void Messages::expire(Queue& queue, MessagePlace place, const MessageHead& head, Step& step) {
    const auto row = head.row();
    erase(queue, place, head.body_bytes(), &row, step);
    if (!row.group.empty()) {
        forget_parked(queue, row.group, place);
        let_group_on(queue, row.group);
    }
    ++statistics_.expired;
}

void Messages::on_expiry(Queue& queue, Step& step) {
    Instant next = never;
    bool is_done = true;
    const auto add = [&](const Result<bool>& done) {
        if (!done) {
            next = std::min(next, step.now.wall + retry_delay);
        } else if (!*done) {
            is_done = false;
        }
    };
    add(expire_listed(queue, step, next));
    for (auto& [number, lane] : queue.lanes) {
        add(expire_ordered(queue, number, lane, step, next));
    }
    step.timers.schedule(queue.expiry_timer, is_done ? next : step.now.wall);
}

// True when all that was due is done; lowers `next` to when the next one is due.
Result<bool> Messages::expire_listed(Queue& queue, Step& step, Instant& next) {
    struct Due {
        MessagePlace place;
        std::string key;
        std::optional<MessageHead> head;
    };
    std::vector<Due> due;
    Instant floor = queue.expiry_floor;
    const auto range = queue_range(Table::message_expiry, queue.number);
    const auto scan = step.rows.scan(
        timed_key(Table::message_expiry, queue.number, queue.expiry_floor, {}), range.upper);
    for (; scan->valid() && due.size() < rows_per_step; scan->next()) {
        const auto timed = timed_place_of_key(scan->key());
        if (!timed) return fail(ErrorCode::internal, "a row of a message's expiry is damaged");
        floor = timed->at;
        if (timed->at > step.now.wall) {
            next = std::min(next, timed->at);
            break;
        }
        if (find_held(queue, timed->place).claim != nullptr) {
            // The claim must have ended before, and is about to.
            next = std::min(next, step.now.wall + retry_delay);
            break;
        }
        TRY_AS(const auto encoded, step.rows.get(message_key(queue.number, timed->place)));
        const auto row = encoded ? decode_message(*encoded) : std::nullopt;
        due.push_back({timed->place, std::string(scan->key()),
                       row ? std::optional(MessageHead(*encoded, *row)) : std::nullopt});
    }
    TRY(scan->status());
    const bool is_done = due.size() < rows_per_step;
    for (const auto& message : due) {
        // A row without its message is one too many.
        if (!message.head) {
            step.ready.writes.erase(message.key);
        } else {
            expire(queue, message.place, *message.head, step);
        }
    }
    queue.expiry_floor = std::max(queue.expiry_floor, floor);
    return is_done;
}

Result<bool> Messages::expire_ordered(Queue& queue, uint8_t number, Lane& lane, Step& step,
                                      Instant& next) {
    lane.swept = std::max(lane.swept, lane.head);
    if (lane.swept >= queue.next) return true;
    struct Due {
        MessagePlace place;
        MessageHead head;
    };
    std::vector<Due> due;
    uint64_t swept = lane.swept;
    bool is_done = true;
    const auto scan = step.rows.scan(message_key(queue.number, {number, lane.swept}),
                                     message_key(queue.number, {number, queue.next}));
    for (size_t rows = 0; scan->valid(); scan->next(), ++rows) {
        if (rows == rows_per_step) {
            is_done = false;
            break;
        }
        const auto place = message_place_of_key(scan->key());
        const auto row = decode_message(scan->value());
        if (!place || !row) return fail(ErrorCode::internal, "a row of a message is damaged");
        swept = place->sequence;
        if (row->has_expiry_row) continue;
        if (row->expires_at > step.now.wall) {
            next = std::min(next, row->expires_at);
            break;
        }
        if (find_held(queue, *place).claim != nullptr) {
            next = std::min(next, step.now.wall + retry_delay);
            break;
        }
        due.push_back({*place, MessageHead(scan->value(), *row)});
    }
    TRY(scan->status());
    lane.swept = scan->valid() || !is_done ? swept : queue.next;
    for (const auto& message : due) {
        expire(queue, message.place, message.head, step);
    }
    return is_done;
}

void Messages::on_delay(Queue& queue, Step& step) {
    struct Due {
        TimedPlace timed;
        std::string group;  // of one that was given back
    };
    std::vector<Due> due;
    std::optional<Instant> next;
    const auto range = queue_range(Table::message_delay, queue.number);
    const auto scan = step.rows.scan(
        timed_key(Table::message_delay, queue.number, queue.delay_floor, {}), range.upper);
    for (; scan->valid(); scan->next()) {
        const auto timed = timed_place_of_key(scan->key());
        // What is damaged is told by whoever reads the message.
        if (!timed) continue;
        if (timed->at > step.now.wall) {
            next = timed->at;
            break;
        }
        if (due.size() == rows_per_step) {
            next = step.now.wall;
            break;
        }
        due.push_back({*timed, std::string(scan->value())});
    }
    if (!scan->status()) {
        step.timers.schedule(queue.delay_timer, step.now.wall + retry_delay);
        return;
    }
    for (const auto& [timed, group] : due) {
        step.ready.writes.erase(
            timed_key(Table::message_delay, queue.number, timed.at, timed.place));
        if (!queue.delayed.contains(timed.place.sequence)) continue;
        queue.delayed.remove(timed.place.sequence);
        --queue.delayed_count;
        if (group.empty()) {
            make_ready(queue, timed.place);
        } else {
            // With those that wait for it, unless it waits itself.
            let_group_on(queue, group);
        }
    }
    if (!due.empty()) {
        queue.delay_floor = std::max(queue.delay_floor, due.back().timed.at);
        catalog_.touch(queue);
    }
    if (next) step.timers.schedule(queue.delay_timer, *next);
}

}  // namespace signalbox
