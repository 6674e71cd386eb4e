#include <deque>

#include <benchmark/benchmark.h>

#include "base/random.h"
#include "core/timer_wheel.h"

namespace signalbox {
namespace {

struct Timer : TimerHook {
    Timer() : TimerHook(TimerKind::ticket_deadline) {}
};

// Among that many timers up to an hour ahead: one comes due and is set anew.
void wheel_turn(benchmark::State& state) {
    constexpr uint64_t span_ms = 3'600'000;
    Random random(1);
    TimerWheel wheel(0);
    std::deque<Timer> timers(static_cast<size_t>(state.range(0)));
    for (auto& timer : timers) wheel.schedule(timer, static_cast<int64_t>(random.below(span_ms)));
    int64_t now = 0;
    for (auto each : state) {
        TimerHook* due = wheel.pop_due(now);
        while (due == nullptr) {
            now = *wheel.next_deadline_ms();
            due = wheel.pop_due(now);
        }
        wheel.schedule(*due, now + static_cast<int64_t>(random.below(span_ms)) + 1);
    }
}
BENCHMARK(wheel_turn)
    ->Name("timer wheel: one fires and is set again, among")
    ->Arg(1000)
    ->Arg(1'000'000);

void wheel_move(benchmark::State& state) {
    TimerWheel wheel(0);
    Timer timer;
    int64_t deadline = 1000;
    for (auto each : state) wheel.schedule(timer, ++deadline);
}
BENCHMARK(wheel_move)->Name("timer wheel: move one");

}  // namespace
}  // namespace signalbox
