#include "core/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace signalbox {

void TimerWheel::schedule(TimerHook& hook, int64_t deadline_ms) {
    hook.unlink();
    hook.deadline_ms_ = deadline_ms;
    place(hook);
}

void TimerWheel::place(TimerHook& hook) {
    if (hook.deadline_ms_ <= now_ms_) {
        due_.push_back(hook);
        return;
    }
    const auto differing = static_cast<uint64_t>(hook.deadline_ms_ ^ now_ms_);
    const auto highest_bit = static_cast<unsigned>(std::bit_width(differing)) - 1;
    // What lies beyond the wheel waits in its last level and is placed again from there.
    const size_t level = std::min<size_t>(highest_bit / bits_per_level, level_count - 1);
    const auto shifted = static_cast<uint64_t>(hook.deadline_ms_) >> (level * bits_per_level);
    const size_t slot = shifted % slots_per_level;
    levels_[level].slots[slot].push_back(hook);
    levels_[level].occupied |= uint64_t{1} << slot;
}

std::optional<TimerWheel::Position> TimerWheel::next_slot() {
    for (size_t level = 0; level < level_count; ++level) {
        auto& row = levels_[level];
        const unsigned shift = static_cast<unsigned>(level) * bits_per_level;
        const uint64_t digits = static_cast<uint64_t>(now_ms_) >> shift;
        const size_t current = digits % slots_per_level;
        while (row.occupied != 0) {
            // Slots ahead of the current one come first; those behind it belong to the next
            // turn, which only the last level can hold.
            const uint64_t rotated = std::rotr(row.occupied, static_cast<int>(current));
            const auto ahead = static_cast<size_t>(std::countr_zero(rotated));
            const size_t slot = (current + ahead) % slots_per_level;
            if (row.slots[slot].empty()) {
                row.occupied &= ~(uint64_t{1} << slot);
                continue;
            }
            const uint64_t start = (digits + (ahead == 0 ? slots_per_level : ahead)) << shift;
            return Position{level, slot, static_cast<int64_t>(start)};
        }
    }
    return std::nullopt;
}

void TimerWheel::advance(int64_t now_ms) {
    while (const auto next = next_slot()) {
        if (next->start_ms > now_ms) break;
        now_ms_ = next->start_ms;
        auto& row = levels_[next->level];
        row.occupied &= ~(uint64_t{1} << next->slot);
        HookList reached;
        reached.splice(reached.begin(), row.slots[next->slot]);
        while (!reached.empty()) {
            TimerHook& hook = reached.front();
            reached.pop_front();
            place(hook);
        }
    }
    now_ms_ = now_ms;
}

// Deadlines keep their meaning when the clock is set back, so every timer finds a new place.
void TimerWheel::turn_back(int64_t now_ms) {
    HookList all;
    all.splice(all.end(), due_);
    for (auto& level : levels_) {
        level.occupied = 0;
        for (auto& slot : level.slots) all.splice(all.end(), slot);
    }
    now_ms_ = now_ms;
    while (!all.empty()) {
        TimerHook& hook = all.front();
        all.pop_front();
        place(hook);
    }
}

TimerHook* TimerWheel::pop_due(int64_t now_ms) {
    if (now_ms < now_ms_) turn_back(now_ms);
    if (due_.empty()) advance(now_ms);
    if (due_.empty()) return nullptr;
    TimerHook& hook = due_.front();
    due_.pop_front();
    return &hook;
}

std::optional<int64_t> TimerWheel::next_deadline_ms() {
    if (!due_.empty()) return now_ms_;
    if (const auto next = next_slot()) return next->start_ms;
    return std::nullopt;
}

}  // namespace signalbox
