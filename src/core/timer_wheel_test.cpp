#include "core/timer_wheel.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

constexpr int64_t start_ms = 1'767'225'600'000;
constexpr int64_t year_ms = 31'536'000'000;

// Deadlines at every distance: within a slot, on its edges, and in the last level.
constexpr int64_t span_max_ms = 5'000 * year_ms;

rc::Gen<int64_t> arbitrary_span() {
    return rc::gen::oneOf(
        rc::gen::inRange<int64_t>(0, 3), rc::gen::inRange<int64_t>(0, 5'000),
        rc::gen::map(rc::gen::inRange<int>(0, 47), [](int bits) { return int64_t{1} << bits; }),
        rc::gen::map(rc::gen::inRange<int>(1, 47),
                     [](int bits) { return (int64_t{1} << bits) - 1; }),
        rc::gen::inRange<int64_t>(0, span_max_ms));
}

// The wheel, and beside it what it should hold.
class WheelAndModel {
public:
    WheelAndModel() : wheel_(start_ms), now_ms_(start_ms) {}

    void add() {
        hooks_.push_back(std::make_unique<TimerHook>(TimerKind::retention));
        schedule(hooks_.size() - 1);
    }
    void move() { schedule(any()); }
    void cancel() {
        const size_t index = any();
        TimerWheel::cancel(*hooks_[index]);
        deadlines_.erase(index);
    }
    void destroy() {
        const size_t index = any();
        hooks_[index] = std::make_unique<TimerHook>(TimerKind::retention);
        deadlines_.erase(index);
    }
    void pass_time() { now_ms_ += *arbitrary_span() % (20 * year_ms); }
    // As when an operator corrects a clock that was ahead.
    void turn_back() { now_ms_ = std::max<int64_t>(0, now_ms_ - *arbitrary_span() % year_ms); }

    void pop_some() {
        const auto most = *rc::gen::inRange(0, 4);
        for (int i = 0; i < most && pop(); ++i) {
        }
    }
    void pop_all() {
        while (pop()) {
        }
        for (const auto& [index, deadline_ms] : deadlines_) RC_ASSERT(deadline_ms > now_ms_);
    }

    void check() {
        const auto next = wheel_.next_deadline_ms();
        RC_ASSERT(next.has_value() == !deadlines_.empty());
        for (size_t i = 0; i < hooks_.size(); ++i) {
            const auto found = deadlines_.find(i);
            RC_ASSERT(hooks_[i]->is_linked() == (found != deadlines_.end()));
            if (found == deadlines_.end()) continue;
            RC_ASSERT(hooks_[i]->deadline_ms() == found->second);
            // Never late; what is overdue counts as due now.
            RC_ASSERT(*next <= std::max(found->second, latest_ms_));
        }
    }

    [[nodiscard]] bool is_empty() const { return hooks_.empty(); }

private:
    size_t any() const { return *rc::gen::inRange<size_t>(0, hooks_.size()); }

    void schedule(size_t index) {
        const int64_t span = *arbitrary_span();
        const bool is_overdue = *rc::gen::inRange(0, 8) == 0;
        const int64_t deadline_ms =
            is_overdue ? std::max<int64_t>(0, now_ms_ - span) : now_ms_ + span;
        wheel_.schedule(*hooks_[index], deadline_ms);
        deadlines_[index] = deadline_ms;
    }

    bool pop() {
        TimerHook* hook = wheel_.pop_due(now_ms_);
        latest_ms_ = now_ms_;
        if (hook == nullptr) return false;
        RC_ASSERT(hook->deadline_ms() <= now_ms_);
        RC_ASSERT(!hook->is_linked());
        const auto found = std::find_if(hooks_.begin(), hooks_.end(), [&](const auto& candidate) {
            return candidate.get() == hook;
        });
        RC_ASSERT(found != hooks_.end());
        RC_ASSERT(deadlines_.erase(static_cast<size_t>(found - hooks_.begin())) == 1u);
        return true;
    }

    std::vector<std::unique_ptr<TimerHook>> hooks_;
    std::map<size_t, int64_t> deadlines_;
    TimerWheel wheel_;  // goes before its hooks, which leave it by themselves
    int64_t now_ms_;
    int64_t latest_ms_ = start_ms;  // the time that the wheel was told last
};

RC_GTEST_PROP(TimerWheel, fires_what_is_due_and_nothing_else, ()) {
    WheelAndModel both;
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 16));
    for (const int step : steps) {
        if (both.is_empty() || step < 6) {
            both.add();
        } else if (step == 6) {
            both.move();
        } else if (step == 7) {
            both.cancel();
        } else if (step == 8) {
            both.destroy();
        } else if (step < 11) {
            both.pass_time();
        } else if (step == 11) {
            both.turn_back();
        } else if (step < 14) {
            both.pop_some();
        } else {
            both.pop_all();
        }
        both.check();
    }
    both.pop_all();
}

RC_GTEST_PROP(TimerWheel, fires_in_the_order_of_the_deadlines, ()) {
    const auto spans = *rc::gen::container<std::vector<int64_t>>(arbitrary_span());
    std::deque<TimerHook> hooks;
    TimerWheel wheel(start_ms);
    for (const int64_t span : spans) {
        wheel.schedule(hooks.emplace_back(TimerKind::retention), start_ms + 1 + span);
    }
    std::vector<int64_t> fired;
    while (const auto* hook = wheel.pop_due(start_ms + 6'000 * year_ms)) {
        fired.push_back(hook->deadline_ms());
    }
    RC_ASSERT(fired.size() == spans.size());
    RC_ASSERT(std::is_sorted(fired.begin(), fired.end()));
}

// The driver sleeps until next_deadline_ms(); if that were too early for ever, it would spin.
RC_GTEST_PROP(TimerWheel, reaches_a_deadline_in_few_steps, ()) {
    const int64_t deadline_ms = start_ms + *arbitrary_span();
    TimerHook hook(TimerKind::retention);
    TimerWheel wheel(start_ms);
    wheel.schedule(hook, deadline_ms);
    int64_t now_ms = start_ms;
    int64_t steps = 0;
    while (wheel.pop_due(now_ms) == nullptr) {
        const auto next = wheel.next_deadline_ms();
        RC_ASSERT(next.has_value());
        RC_ASSERT(*next > now_ms && *next <= deadline_ms);
        now_ms = *next;
        ++steps;
    }
    RC_ASSERT(now_ms == deadline_ms);
    // One for each level.
    RC_ASSERT(steps <= 8);
}

TEST(TimerWheel, fires_at_the_very_millisecond) {
    TimerHook hook(TimerKind::ticket_deadline);
    TimerWheel wheel(start_ms);
    for (const int64_t span : {1, 63, 64, 65, 4095, 4096, 4097, 262'144, 86'400'000}) {
        const int64_t now_ms = start_ms + 1'000'000'000 + span;
        wheel.pop_due(now_ms - span);
        wheel.schedule(hook, now_ms);
        EXPECT_EQ(wheel.pop_due(now_ms - 1), nullptr);
        EXPECT_EQ(wheel.pop_due(now_ms), &hook);
        EXPECT_EQ(wheel.pop_due(now_ms), nullptr);
        wheel.pop_due(start_ms);
    }
}

TEST(TimerWheel, fires_what_was_due_when_it_was_scheduled) {
    TimerHook hook(TimerKind::ticket_deadline);
    TimerWheel wheel(start_ms);
    wheel.schedule(hook, start_ms - 1000);
    EXPECT_EQ(wheel.next_deadline_ms(), start_ms);
    EXPECT_EQ(wheel.pop_due(start_ms), &hook);
}

TEST(TimerWheel, takes_back_what_became_due_when_the_clock_is_set_back) {
    TimerHook early(TimerKind::ticket_deadline);
    TimerHook late(TimerKind::ticket_deadline);
    TimerWheel wheel(start_ms);
    wheel.schedule(early, start_ms + 10);
    wheel.schedule(late, start_ms + 20);
    EXPECT_EQ(wheel.pop_due(start_ms + 100), &early);
    EXPECT_EQ(wheel.pop_due(start_ms + 15), nullptr);
    EXPECT_TRUE(late.is_linked());
    EXPECT_EQ(wheel.pop_due(start_ms + 20), &late);
}

TEST(TimerWheel, lets_go_of_a_timer_that_is_destroyed) {
    TimerWheel wheel(start_ms);
    {
        TimerHook hook(TimerKind::ticket_deadline);
        wheel.schedule(hook, start_ms + 10);
    }
    EXPECT_EQ(wheel.next_deadline_ms(), std::nullopt);
    EXPECT_EQ(wheel.pop_due(start_ms + 100), nullptr);
}

TEST(TimerWheel, holds_deadlines_that_never_come) {
    TimerHook hook(TimerKind::ticket_deadline);
    TimerWheel wheel(start_ms);
    wheel.schedule(hook, INT64_MAX);
    EXPECT_EQ(wheel.pop_due(start_ms + 1000 * year_ms), nullptr);
    EXPECT_GT(*wheel.next_deadline_ms(), start_ms + 1000 * year_ms);
}

}  // namespace
}  // namespace signalbox
