#include "bench/ticket/workload.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "bench/harness/statistics.h"

namespace signalbox::bench {
namespace {

constexpr auto drain_timeout = std::chrono::seconds(30);

}  // namespace

std::string_view workload_name(WorkloadKind kind) {
    switch (kind) {
        case WorkloadKind::create: return "create";
        case WorkloadKind::release: return "release";
        case WorkloadKind::cycle: return "create + release";
    }
    ASSERT(false);
}

Workload::Workload(Api api, WorkloadKind kind, Tickets& tickets, size_t connections)
    : api_(api), kind_(kind), tickets_(tickets), held_(connections), limit_turn_(connections) {}

std::string_view Workload::create() {
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "bench-{:012}", tickets_.lines++);
    return requests_.create(
        api_, line_, api_ == Api::native ? TicketRequests::for_a_day : TicketRequests::until_2100);
}

std::string_view Workload::next(ConnectionIndex connection) {
    switch (kind_) {
        case WorkloadKind::create: return create();
        case WorkloadKind::release: {
            if (tickets_.names.empty()) return {};
            const TicketName ticket = tickets_.names.back();
            tickets_.names.pop_back();
            return requests_.release(api_, ticket);
        }
        case WorkloadKind::cycle: {
            const auto held = held_[connection];
            if (!held) return create();
            held_[connection].reset();
            return requests_.release(api_, *held);
        }
    }
    ASSERT(false);
}

std::string_view Workload::next_for_limit(ConnectionIndex connection) {
    limit_turn_[connection] = !limit_turn_[connection];
    const bool creates =
        kind_ == WorkloadKind::create || (kind_ == WorkloadKind::cycle && limit_turn_[connection]);
    return creates ? create() : requests_.release(api_, TicketName::nobody());
}

bool Workload::take(const Answer& answer) {
    if (answer.status == released_status(api_)) return kind_ != WorkloadKind::create;
    if (answer.status != created_status(api_)) return false;
    const auto name = TicketName::of_answer(answer.body);
    if (!name) return false;
    if (kind_ == WorkloadKind::create) tickets_.names.push_back(*name);
    if (kind_ == WorkloadKind::cycle) held_[answer.connection] = name;
    return true;
}

Result<LoadRound> run_round(LoadLoop& loop, const Child& server, Workload& workload,
                            const LoadPlan& plan) {
    LoadRound round;
    bool is_good = true;
    const auto send_next = [&](ConnectionIndex connection) {
        const auto request =
            plan.is_limit ? workload.next_for_limit(connection) : workload.next(connection);
        if (!request.empty()) loop.send(connection, request);
    };
    const auto processor_before = server.processor_time();
    const auto start = SteadyClock::now();
    const auto deadline = start + plan.span;
    auto last = start;
    loop.on_answer([&](const Answer& answer) {
        is_good = is_good && (plan.is_limit || workload.take(answer));
        const auto now = SteadyClock::now();
        if (now >= deadline || !is_good) return;
        last = now;
        round.latency.add(answer.latency);
        send_next(answer.connection);
    });
    for (size_t i = 0; i < plan.depth; ++i) {
        for (ConnectionIndex c = 0; c < loop.connection_count(); ++c) send_next(c);
    }
    const auto is_over = [&] { return !is_good || loop.outstanding() == 0; };
    TRY_AS(const bool ended, loop.run(is_over, deadline + drain_timeout));
    loop.on_answer(nullptr);
    if (!is_good || !ended) return fail(ErrorCode::internal, "a request was not answered well");
    const auto used = server.processor_time() - processor_before;
    const auto count = static_cast<double>(round.latency.count());
    // A release round may run out of tickets before its time is over.
    round.per_second = count / std::max(seconds_of(last - start), 1e-9);
    round.processor_us = seconds_of(used) * 1e6 / std::max(count, 1.0);
    return round;
}

}  // namespace signalbox::bench
