#include "core/message_walk.h"

#include <algorithm>

namespace signalbox {

MessageWalk::MessageWalk(Queue& queue, const RowReader& rows, Order order, uint64_t after,
                         bool skip_unready)
    : queue_(queue), rows_(rows), order_(order), skip_unready_(skip_unready) {
    lanes_.reserve(queue.lanes.size());
    for (auto& [number, lane] : queue.lanes) {
        LaneWalk& walk = lanes_.emplace_back();
        walk.number = number;
        walk.lane = &lane;
        walk.at = std::max(lane.head, after == UINT64_MAX ? after : after + 1);
    }
}

Result<bool> MessageWalk::next() {
    if (current_ != nullptr) current_->is_read = false;
    current_ = nullptr;
    for (LaneWalk& walk : lanes_) {
        if (!walk.is_read && !walk.is_over) TRY(read(walk));
        if (walk.is_over) continue;
        if (order_ == Order::by_lane) {
            current_ = &walk;
            break;
        }
        if (current_ == nullptr || walk.place.sequence < current_->place.sequence) {
            current_ = &walk;
        }
    }
    return current_ != nullptr;
}

Result<void> MessageWalk::read(LaneWalk& walk) {
    const auto key_at = [&](uint64_t sequence) {
        return message_key(queue_.number, {walk.number, sequence});
    };
    for (;;) {
        RunSet& unready = walk.lane->unready;
        if (skip_unready_) walk.at = unready.first_gap(walk.at);
        if (walk.at >= queue_.next) {
            walk.is_over = true;
            return {};
        }
        if (!walk.scan) {
            walk.scan = rows_.scan(key_at(walk.at), key_at(queue_.next));
        } else if (walk.at == walk.scan_at + 1) {
            walk.scan->next();
        } else {
            walk.scan->seek(key_at(walk.at));
        }
        ++steps_;
        if (!walk.scan->valid()) {
            TRY(walk.scan->status());
            if (skip_unready_) unready.add(walk.at, queue_.next);
            walk.is_over = true;
            return {};
        }
        const auto place = message_place_of_key(walk.scan->key());
        if (!place) return fail(ErrorCode::internal, "a row of a message is damaged");
        walk.scan_at = place->sequence;
        if (skip_unready_) {
            const bool is_unready = unready.contains(place->sequence);
            unready.add(walk.at, place->sequence);
            walk.at = place->sequence;
            if (is_unready) continue;
        }
        const auto row = decode_message(walk.scan->value());
        if (!row) return fail(ErrorCode::internal, "a row of a message is damaged");
        walk.place = *place;
        walk.row = *row;
        walk.at = place->sequence + 1;
        walk.is_read = true;
        return {};
    }
}

}  // namespace signalbox
