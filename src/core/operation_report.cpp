#include "core/operation_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/result.h"

namespace signalbox {
namespace {

bool is_applier(const OperationStep& step) {
    return step.name.find('/') == std::string::npos;
}

OperationStep* find_step(OperationRecord& record, std::string_view name) {
    const auto found = std::find_if(record.steps.begin(), record.steps.end(),
                                    [&](const auto& step) { return step.name == name; });
    return found == record.steps.end() ? nullptr : &*found;
}

// The applier that a report is of; empty when that cannot be told.
std::string applier_of(const OperationRecord& record, const ReportOperation& report) {
    if (!report.applier.empty()) return report.applier;
    const auto appliers = std::count_if(record.steps.begin(), record.steps.end(), is_applier);
    return appliers == 1 ? record.steps.front().name : std::string();
}

Result<void> go_forward(OperationStep& step, const OperationStep& to, const std::string& field) {
    const bool goes_back =
        to.state < step.state || (has_ended(step.state) && to.state != step.state);
    if (goes_back) {
        return fail(ErrorCode::conflict,
                    fmt::format("would go back from {} to {}", operation_state_name(step.state),
                                operation_state_name(to.state)),
                    field + "state");
    }
    if (to.current < step.current) {
        return fail(ErrorCode::conflict,
                    fmt::format("would go back from {} to {}", step.current, to.current),
                    field + "current");
    }
    step.state = to.state;
    step.current = to.current;
    step.end = to.end;
    step.detail = to.detail;
    return {};
}

Result<void> check_step(const OperationStep& step, const OperationLimits& limits,
                        const std::string& field) {
    const auto wrong = [&](const char* name, std::string message) {
        return fail(ErrorCode::invalid_argument, std::move(message), field + name);
    };
    if (step.name.empty() || step.name.size() > limits.step_name_bytes_max) {
        return wrong("name", fmt::format("must have 1 to {} bytes", limits.step_name_bytes_max));
    }
    if (step.detail.size() > limits.detail_bytes_max) {
        return wrong("detail", fmt::format("must have at most {} bytes", limits.detail_bytes_max));
    }
    if (step.end != 0 && step.current > step.end) {
        return wrong("current", fmt::format("must be at most {}", step.end));
    }
    if (step.state == OperationState::cancelled) return wrong("state", "is for whole operations");
    return {};
}

}  // namespace

Result<void> apply_report(OperationRecord& record, const ReportOperation& report,
                          const OperationLimits& limits) {
    const auto applier = applier_of(record, report);
    if (applier.empty()) {
        return fail(ErrorCode::invalid_argument, "is required, there are several", "applier");
    }
    OperationRecord changed = record;
    OperationStep* const own = find_step(changed, applier);
    if (own == nullptr || !is_applier(*own)) {
        return fail(ErrorCode::invalid_argument, "is none of those of this operation", "applier");
    }
    OperationStep to = *own;
    // Whoever wants out has failed in what it was asked for, and is done.
    to.state = report.state == OperationState::cancelled ? OperationState::failed : report.state;
    if (report.current) to.current = *report.current;
    if (report.end) to.end = *report.end;
    if (report.detail) to.detail = *report.detail;
    TRY(check_step(to, limits, ""));
    TRY(go_forward(*own, to, ""));
    const auto too_many = [&]() -> Error {
        return {ErrorCode::invalid_argument,
                fmt::format("must be at most {} of an operation", limits.steps_max), "steps"};
    };
    // First of all: each of them is looked for among those that there are.
    if (report.steps.size() > limits.steps_max) return fail(too_many());
    for (size_t i = 0; i < report.steps.size(); ++i) {
        const auto field = fmt::format("steps[{}].", i);
        OperationStep part = report.steps[i];
        TRY(check_step(part, limits, field));
        part.name = applier + "/" + part.name;
        OperationStep* const known = find_step(changed, part.name);
        if (known == nullptr) {
            if (changed.steps.size() >= limits.steps_max) return fail(too_many());
            changed.steps.push_back(std::move(part));
        } else {
            TRY(go_forward(*known, part, field));
        }
    }
    // What belongs to a success has succeeded, said or not.
    if (report.state == OperationState::succeeded) {
        for (auto& step : changed.steps) {
            if (step.name.starts_with(applier + "/") && !has_ended(step.state)) {
                step.state = OperationState::succeeded;
            }
        }
    }
    record.steps = std::move(changed.steps);
    return {};
}

bool is_told_already(const OperationRecord& record, const ReportOperation& report) {
    if (!has_ended(report.state)) return false;
    const auto applier = applier_of(record, report);
    const auto told =
        report.state == OperationState::cancelled ? OperationState::failed : report.state;
    return std::any_of(record.steps.begin(), record.steps.end(), [&](const auto& step) {
        return step.name == applier && step.state == told;
    });
}

OperationState state_of_steps(const OperationRecord& record) {
    bool is_running = false;
    bool all_succeeded = true;
    for (const auto& step : record.steps) {
        if (!is_applier(step)) continue;
        if (step.state == OperationState::failed) return OperationState::failed;
        is_running = is_running || step.state != OperationState::pending;
        all_succeeded = all_succeeded && step.state == OperationState::succeeded;
    }
    if (all_succeeded) return OperationState::succeeded;
    return is_running ? OperationState::running : OperationState::pending;
}

}  // namespace signalbox
