#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "core/subscription_commands.h"
#include "core/timer_wheel.h"

// One who is told of the messages of a queue, and how far that has come. Its outbox owns it; core
// thread.

namespace signalbox {

struct Outbox;
struct Subscription;

struct DeliveryTimer : TimerHook {
    explicit DeliveryTimer(Subscription& timer_subscription)
        : TimerHook(TimerKind::delivery_retry), subscription(timer_subscription) {}

    Subscription& subscription;
};

// Linked while it waits for its turn to be told.
struct Subscription
    : TimerHook,
      boost::intrusive::list_base_hook<boost::intrusive::tag<struct TurnTag>,
                                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    using Turn = boost::intrusive::list_base_hook<
        boost::intrusive::tag<struct TurnTag>,
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

    explicit Subscription(Outbox& its_outbox)
        : TimerHook(TimerKind::subscription_deadline), outbox(its_outbox) {}

    // What it is asked or told about itself, before any message.
    enum class Notice : uint8_t { none, confirmation, unsubscription };
    // How it took what it was told last.
    enum class Standing : uint8_t {
        proven,   // and quickly
        untried,  // since the server runs, or slowly
        failing,
    };
    static constexpr size_t standings = 3;

    Outbox& outbox;
    SubscriptionId id;
    std::string subscriber;
    std::string options;
    Duration ttl{};
    Instant renewed_at;  // or made
    Instant expires_at;
    bool needs_confirmation = false;
    bool is_confirmed = false;
    bool is_gone = false;
    Notice notice = Notice::none;

    size_t kept_bytes = 0;  // of `subscriber` and `options`, as they are counted

    bool has_place = false;  // among those that messages are kept for
    uint64_t next = 1;       // the sequence it is told next
    uint64_t delivered = 0;
    uint64_t dropped = 0;
    uint32_t failures = 0;
    Instant next_attempt_at = Instant::min();
    std::string last_error;
    DeliveryTimer retry_timer{*this};

    // Rises when it becomes another one: another address, asked anew, active or not any more. What
    // is under way then is of the one before.
    uint64_t generation = 0;

    // What is under way: 0, or the number of the effect; and what it was begun with.
    uint64_t window = 0;
    uint64_t window_generation = 0;
    Notice window_notice = Notice::none;  // none: messages
    uint64_t window_from = 0;             // the sequence of the first of these
    size_t window_size = 0;               // so many
    Standing window_standing = Standing::untried;
    SteadyInstant window_begun_at;
    // It took its last messages, and quickly. Not kept: after a restart it has to show it again.
    bool is_proven = false;

    [[nodiscard]] Standing standing() const {
        if (failures > 0) return Standing::failing;
        return is_proven ? Standing::proven : Standing::untried;
    }
    [[nodiscard]] bool window_is_current() const { return window_generation == generation; }
    // Whether messages are kept for it.
    [[nodiscard]] bool is_active() const {
        return !is_gone && (is_confirmed || !needs_confirmation);
    }
};

}  // namespace signalbox
