#include "bench/ticket/workload.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox::bench {
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

LoadCalls Workload::calls() {
    return {[this](ConnectionIndex connection) { return next(connection); },
            [this](const Answer& answer) { return take(answer); }};
}

LoadCalls Workload::calls_to_limit() {
    return {[this](ConnectionIndex connection) { return next_for_limit(connection); },
            [](const Answer&) { return true; }};
}

}  // namespace signalbox::bench
