#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace signalbox {

// What a timer means when it fires; the engine has one switch over it.
enum class TimerKind : uint8_t {
    ticket_deadline,
    waiter_timeout,
    session_deadline,
    claim_deadline,
    operation_deadline,
    queue_expiry,  // of its messages
    queue_delay,   // of its messages
    queue_rounds,  // through the queues that are not in memory
    lock_delay,    // of a key whose holder has ended
    check_deadline,
    check_reaping,
    subscription_deadline,
    delivery_retry,
    retention,  // of ended tickets and idempotency keys
    feed_trim,
};

// The part of an object that a wheel holds on to. Destroying it takes it out of the wheel.
class TimerHook : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    explicit TimerHook(TimerKind kind) : kind_(kind) {}

    [[nodiscard]] TimerKind kind() const { return kind_; }
    // In milliseconds of the wheel's clock. Meaningful while is_linked().
    [[nodiscard]] int64_t deadline_ms() const { return deadline_ms_; }

private:
    friend class TimerWheel;

    int64_t deadline_ms_ = 0;
    TimerKind kind_;
};

// Deadlines in milliseconds on one clock: O(1) to set and to drop, at any distance. Level n of
// the wheel has slots of 64^n ms; a timer moves down one level at most when its slot comes up.
// Pure state; time comes in as a parameter and may also run backwards.
//
// Invariants: a timer on level n shares all digits above n with now_ms_, in base 64; so the
// first occupied slot of the lowest occupied level holds the next deadline.
class TimerWheel {
public:
    explicit TimerWheel(int64_t now_ms) : now_ms_(now_ms) {}

    // Sets or moves the timer. A deadline that has passed fires at the next pop_due().
    void schedule(TimerHook& hook, int64_t deadline_ms);
    static void cancel(TimerHook& hook) { hook.unlink(); }

    // Takes out one timer whose deadline is not after `now_ms`, earliest first (in no promised
    // order within a millisecond, but in the same one for the same calls). Null when none is due.
    TimerHook* pop_due(int64_t now_ms);

    // No timer fires before this; nothing when there is none. May be early, never late.
    std::optional<int64_t> next_deadline_ms();

private:
    static constexpr unsigned bits_per_level = 6;
    static constexpr size_t slots_per_level = size_t{1} << bits_per_level;
    static constexpr size_t level_count = 8;  // 64^8 ms are 8,900 years

    using HookList = boost::intrusive::list<TimerHook, boost::intrusive::constant_time_size<false>>;
    struct Level {
        std::array<HookList, slots_per_level> slots;
        // A set bit says that the slot may hold something: timers leave without a word.
        uint64_t occupied = 0;
    };
    struct Position {
        size_t level;
        size_t slot;
        int64_t start_ms;
    };

    void place(TimerHook& hook);
    std::optional<Position> next_slot();
    void advance(int64_t now_ms);
    void turn_back(int64_t now_ms);

    int64_t now_ms_;
    HookList due_;
    std::array<Level, level_count> levels_;
};

}  // namespace signalbox
