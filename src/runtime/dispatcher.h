#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/step.h"
#include "port/clock.h"
#include "runtime/couriers.h"
#include "runtime/dispatcher_probe.h"
#include "runtime/node.h"

namespace signalbox {

// Carries out effects: has the notifications of each told one after the other, stops at the first
// that fails, and reports to the partition how far it came. The partition counts on that report, so
// one that it cannot take is made again until it is taken. Decides nothing else: who is told what,
// and when again, is the core's (core/deliveries).
//
// Its own thread, with the couriers, which outlive it. What they talk through is destroyed first,
// or tells nobody any more.
class Dispatcher {
public:
    struct Setup {
        // In ids of requests, as a front end has one; no front end has the same.
        uint8_t index = 0;
    };
    Dispatcher(Setup setup, const Node& node, const Couriers& couriers, DispatcherProbe& probe);
    ~Dispatcher();

    void carry_out(std::vector<Effect> effects);
    // Answers to its reports.
    void deliver(std::vector<Completion> completions);
    // Makes the reports again that were refused. A few times a second, by the host.
    void tick();

    // From now on nothing is begun any more. What is under way still ends and is reported.
    void finish() { is_finishing_ = true; }
    // Nothing is under way, and every report was taken.
    [[nodiscard]] bool is_idle() const { return rounds_.empty(); }

private:
    // One effect under way.
    struct Round {
        Effect effect;
        Courier* courier = nullptr;
        SteadyInstant began;
        std::chrono::nanoseconds told_at{};  // when the present one was begun
        size_t delivered = 0;
        bool is_telling = false;
        std::optional<ReportDelivery::Failure> failure;
    };

    void begin(Effect effect);
    void tell_next(uint64_t number);
    void told(uint64_t number, Courier::Outcome outcome);
    [[nodiscard]] bool has_more(const Round& round) const;
    void report(uint64_t number);

    const Setup setup_;
    const Node& node_;
    const Couriers& couriers_;
    DispatcherProbe& probe_;
    std::unordered_map<uint64_t, Round> rounds_;
    uint64_t last_round_ = 0;
    std::vector<uint64_t> refused_;  // rounds whose report was
    bool is_finishing_ = false;
};

}  // namespace signalbox
