#include "runtime/dispatcher.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"

namespace signalbox {
namespace {

constexpr unsigned index_shift = 56;
constexpr uint64_t number_mask = (uint64_t{1} << index_shift) - 1;

}  // namespace

Dispatcher::Dispatcher(Setup setup, const Node& node, const Couriers& couriers,
                       DispatcherProbe& probe)
    : setup_(setup), node_(node), couriers_(couriers), probe_(probe) {}

Dispatcher::~Dispatcher() {
    for (const auto& [number, round] : rounds_) {
        if (round.is_telling) probe_.abandoned(round.courier->kind());
    }
}

void Dispatcher::carry_out(std::vector<Effect> effects) {
    // What is not begun is asked for again after the restart.
    if (is_finishing_) return;
    for (auto& effect : effects) begin(std::move(effect));
}

void Dispatcher::begin(Effect effect) {
    const uint64_t number = ++last_round_;
    Round& round = rounds_[number];
    round.effect = std::move(effect);
    round.courier = couriers_.of(round.effect.subscriber);
    round.began = node_.clock().now().steady;
    if (round.courier == nullptr) {
        // As after a restart without the option that it was made with.
        round.failure = ReportDelivery::Failure{
            fmt::format("this server tells no \"{}:\"", scheme_of(round.effect.subscriber)),
            std::nullopt, false};
        return report(number);
    }
    tell_next(number);
}

void Dispatcher::tell_next(uint64_t number) {
    Round& round = rounds_.at(number);
    const Effect& effect = round.effect;
    const Notification* notification =
        effect.notifications.empty() ? nullptr : effect.notifications[round.delivered].get();
    ASSERT((notification == nullptr) == (effect.kind != Effect::Kind::messages));
    const uint32_t attempt = round.delivered == 0 ? effect.attempt : 1;
    round.is_telling = true;
    round.told_at = node_.clock().stopwatch();
    probe_.begun(round.courier->kind());
    round.courier->tell({effect, notification, attempt}, [this, number](Courier::Outcome outcome) {
        told(number, std::move(outcome));
    });
}

void Dispatcher::told(uint64_t number, Courier::Outcome outcome) {
    Round& round = rounds_.at(number);
    ASSERT(round.is_telling);
    round.is_telling = false;
    probe_.ended(round.courier->kind(), !outcome, node_.clock().stopwatch() - round.told_at);
    if (outcome) {
        round.failure = std::move(outcome);
        return report(number);
    }
    ++round.delivered;
    has_more(round) ? tell_next(number) : report(number);
}

// The rest of an effect that takes long comes with the next one, behind what others wait for, and
// if the subscription still is.
bool Dispatcher::has_more(const Round& round) const {
    const auto& limits = node_.partition_of(round.effect.tenant).limits().subscription;
    return round.delivered < round.effect.notifications.size() && !is_finishing_ &&
           node_.clock().now().steady - round.began < limits.window_time_max;
}

void Dispatcher::report(uint64_t number) {
    const Round& round = rounds_.at(number);
    const Effect& effect = round.effect;
    Command command;
    command.request = RequestId((static_cast<uint64_t>(setup_.index) << index_shift) | number);
    command.tenant = effect.tenant;
    command.caller.name = "dispatcher";
    command.body = ReportDelivery{effect.outbox, effect.subscription, effect.window,
                                  round.delivered, round.failure};
    if (node_.partition_of(effect.tenant).submit(std::move(command))) return;
    probe_.report_refused();
    refused_.push_back(number);
}

void Dispatcher::deliver(std::vector<Completion> completions) {
    for (auto& completion : completions) {
        const uint64_t number = completion.request.value & number_mask;
        const auto& answer = std::get<Result<DeliveryReported>>(completion.reply);
        if (answer) {
            rounds_.erase(number);
            continue;
        }
        probe_.report_refused();
        refused_.push_back(number);
    }
}

void Dispatcher::tick() {
    std::vector<uint64_t> again;
    again.swap(refused_);
    for (const uint64_t number : again) report(number);
}

}  // namespace signalbox
