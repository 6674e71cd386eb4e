#include "core/operations.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/json_writer.h"
#include "core/collection_events.h"
#include "core/operation_report.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

Error no_such_operation(const Uuid& id) {
    return {ErrorCode::not_found, fmt::format("there is no operation {}", id.text()), {}};
}

Error has_ended_before(const OperationRecord& record) {
    return {ErrorCode::conflict,
            fmt::format("operation {} is {}", record.id.text(), operation_state_name(record.state)),
            {}};
}

std::string problem(std::string_view type, std::string_view title, uint32_t status,
                    const std::string& detail) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.member("type", fmt::format("urn:signalbox:problem:{}", type));
    json.member("title", title);
    json.member("status", status);
    json.member("detail", detail);
    json.end_object();
    return out;
}

Error damaged() {
    return {ErrorCode::internal, "a row of an operation is damaged", {}};
}

// As find_operation(), or `not_found`.
Result<OperationRecord> require_ended(const RowReader& rows, TenantId tenant, const Uuid& id) {
    TRY_AS(auto record, find_operation(rows, tenant, id));
    if (!record) return fail(no_such_operation(id));
    return *std::move(record);
}

// Whoever follows operations knows what there is only if they hear of what is not any more.
void drop(TenantId tenant, const OperationRecord& ended, Step& step) {
    auto& writes = step.ready.writes;
    writes.erase(operation_key(tenant, ended.number));
    writes.erase(operation_id_key(tenant, ended.id));
    writes.erase(operation_forget_key(ended.forget_at, tenant, ended.number));
    step.emit(operation_forgotten_event(tenant, ended, step.revision()));
}

}  // namespace

Result<void> Operations::load(const RowReader& rows, Timers& timers, Now /*now*/) {
    const auto prefix = operation_live_prefix();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        const auto place = decode_operation_live_key(scan->key());
        if (!place) return fail(damaged());
        const auto key = operation_key(place->tenant, place->number);
        TRY_AS(const auto row, rows.get(key));
        auto record = row ? decode_operation(key, *row) : std::nullopt;
        if (!record || has_ended(record->state)) return fail(damaged());
        auto operation = std::make_unique<Operation>();
        operation->tenant = place->tenant;
        operation->record = std::move(*record);
        timers.schedule(*operation, operation->record.deadline);
        const Key known{place->tenant, operation->record.id};
        live_.emplace(known, std::move(operation));
    }
    statistics_.live = live_.size();
    return scan->status();
}

Operation* Operations::find(TenantId tenant, const Uuid& id) const {
    const auto found = live_.find({tenant, id});
    return found == live_.end() ? nullptr : found->second.get();
}

Result<void> Operations::check_begin(TenantId tenant, const ItemType& type,
                                     const std::optional<Uuid>& id, const Step& step) const {
    if (type.appliers.empty()) return {};
    if (live_.size() >= limits_.operations_max) {
        return fail(ErrorCode::overloaded, "too many operations have not ended");
    }
    if (!id) return {};
    TRY_AS(const auto known, step.rows.get(operation_id_key(tenant, *id)));
    if (!known) return {};
    return fail(ErrorCode::conflict, "is that of another operation", "Operation-Id");
}

std::optional<Uuid> Operations::propose_id(const ItemType& type, const std::optional<Uuid>& chosen,
                                           Step& step) {
    if (type.appliers.empty()) return std::nullopt;
    return chosen ? chosen : step.random.uuid();
}

OperationRecord Operations::begin(TenantId tenant, const Beginning& beginning, Step& step) {
    auto operation = std::make_unique<Operation>();
    operation->tenant = tenant;
    OperationRecord& record = operation->record;
    record.id = beginning.id;
    // One a commit, so its revision is a number that nobody else has.
    record.number = step.revision().value;
    record.type = beginning.type.name;
    record.item = beginning.item;
    record.verb = beginning.verb;
    record.item_revision = step.revision();
    record.requester = beginning.requester.user;
    record.requester_name = beginning.requester.name;
    for (const auto& applier : beginning.type.appliers) {
        OperationStep part;
        part.name = applier.name;
        record.steps.push_back(std::move(part));
    }
    record.created_at = step.now.wall;
    record.deadline = saturating_add(step.now.wall, beginning.type.deadline);
    std::string place;
    put_u64_le(place, record.number);
    auto& writes = step.ready.writes;
    writes.put(operation_id_key(tenant, record.id), place);
    writes.put(operation_live_key(tenant, record.number), {});
    step.timers.schedule(*operation, record.deadline);
    keep(*operation, step);
    OperationRecord begun = record;
    const bool added = live_.emplace(Key{tenant, begun.id}, std::move(operation)).second;
    ASSERT(added);
    ++statistics_.live;
    return begun;
}

void Operations::keep(Operation& operation, Step& step) {
    OperationRecord& record = operation.record;
    ++record.sequence;
    record.updated_at = step.now.wall;
    record.revision = step.revision();
    step.ready.writes.put(operation_key(operation.tenant, record.number), encode_operation(record));
    const auto* known = types_.find(operation.tenant, record.type);
    step.emit(operation_event(operation.tenant, record, known == nullptr ? nullptr : &known->type));
}

Duration Operations::retention_of(const Operation& operation) const {
    const auto* known = types_.find(operation.tenant, operation.record.type);
    return known == nullptr ? limits_.retention : known->type.retention;
}

OperationRecord Operations::end(Operation& operation, OperationState state, Step& step) {
    ASSERT(has_ended(state) && !has_ended(operation.record.state));
    operation.record.state = state;
    operation.record.forget_at = saturating_add(step.now.wall, retention_of(operation));
    keep(operation, step);
    auto& writes = step.ready.writes;
    const TenantId tenant = operation.tenant;
    const uint64_t number = operation.record.number;
    writes.erase(operation_live_key(tenant, number));
    writes.put(operation_forget_key(operation.record.forget_at, tenant, number), {});
    switch (state) {
        case OperationState::succeeded: ++statistics_.succeeded; break;
        case OperationState::failed: ++statistics_.failed; break;
        default: ++statistics_.cancelled; break;
    }
    --statistics_.live;
    OperationRecord ended = operation.record;
    while (!operation.waiters.empty()) {
        step.complete<OperationRecord>(step.waiters.take_front(operation.waiters), ended);
    }
    live_.erase({tenant, ended.id});
    return ended;
}

Result<OperationRecord> Operations::report(TenantId tenant, ReportOperation command, Step& step) {
    Operation* const operation = find(tenant, command.id);
    if (operation == nullptr) {
        TRY_AS(auto ended, require_ended(step.rows, tenant, command.id));
        if (is_told_already(ended, command)) return ended;
        return fail(has_ended_before(ended));
    }
    OperationRecord& record = operation->record;
    if (command.error.size() > limits_.outcome_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("must have at most {} bytes", limits_.outcome_bytes_max), "error");
    }
    if (command.response.size() > limits_.outcome_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("must have at most {} bytes", limits_.outcome_bytes_max),
                    "response");
    }
    if (command.state == OperationState::pending) {
        return fail(ErrorCode::invalid_argument, "must be running, succeeded, failed or cancelled",
                    "state");
    }
    if (command.state == OperationState::cancelled && !record.cancel_requested) {
        return fail(ErrorCode::conflict, "is for operations that were asked to cancel", "state");
    }
    if (is_told_already(record, command)) return record;
    TRY(apply_report(record, command, limits_));
    if (!command.response.empty()) record.response = std::move(command.response);
    const OperationState state = state_of_steps(record);
    if (state == OperationState::succeeded) {
        if (record.response.empty()) {
            JsonWriter json(record.response);
            json.begin_object();
            json.member("id", record.item);
            json.member("revision", record.item_revision.value);
            json.end_object();
        }
        return end(*operation, state, step);
    }
    if (state == OperationState::failed) {
        record.response.clear();
        record.error = std::move(command.error);
        const bool is_cancelled = command.state == OperationState::cancelled;
        if (record.error.empty()) {
            record.error = is_cancelled
                               ? problem("cancelled", "Cancelled", 409, "it was asked to end")
                               : problem("failed", "Failed", 500, "an applier reported a failure");
        }
        return end(*operation, is_cancelled ? OperationState::cancelled : state, step);
    }
    record.state = state;
    keep(*operation, step);
    return record;
}

Result<OperationRecord> Operations::cancel(TenantId tenant, const CancelOperation& command,
                                           Step& step) {
    Operation* const operation = find(tenant, command.id);
    if (operation == nullptr) {
        TRY_AS(auto ended, require_ended(step.rows, tenant, command.id));
        if (ended.state == OperationState::cancelled) return ended;
        return fail(has_ended_before(ended));
    }
    OperationRecord& record = operation->record;
    if (record.cancel_requested) return record;
    record.cancel_requested = true;
    if (record.state == OperationState::pending) {
        record.error = problem("cancelled", "Cancelled", 409, "it was cancelled before it began");
        return end(*operation, OperationState::cancelled, step);
    }
    keep(*operation, step);
    return record;
}

Result<OperationForgotten> Operations::forget(TenantId tenant, const ForgetOperation& command,
                                              Step& step) {
    if (const Operation* operation = find(tenant, command.id)) {
        return fail(has_ended_before(operation->record));
    }
    TRY_AS(const auto ended, require_ended(step.rows, tenant, command.id));
    drop(tenant, ended, step);
    return OperationForgotten{};
}

Result<std::optional<OperationRecord>> Operations::wait(TenantId tenant,
                                                        const WaitOperation& command,
                                                        RequestId request, Step& step) {
    Operation* const operation = find(tenant, command.id);
    if (operation == nullptr) {
        TRY_AS(auto ended, require_ended(step.rows, tenant, command.id));
        return std::optional(std::move(ended));
    }
    if (command.timeout <= Duration::zero()) return std::optional(operation->record);
    TRY_AS(Waiter* const waiter, step.waiters.park(request, operation, operation->waiters));
    step.timers.schedule(*waiter, step.now.steady + std::min(command.timeout, limits_.wait_max));
    return std::optional<OperationRecord>();
}

void Operations::on_wait_timeout(const Operation& operation, RequestId request, Step& step) {
    step.waiters.forget(request);
    step.complete<OperationRecord>(request, operation.record);
}

void Operations::on_deadline(Operation& operation, Step& step) {
    OperationRecord& record = operation.record;
    record.response.clear();
    record.error = problem(
        "timed-out", "Not done in time", 504,
        fmt::format("not all of its appliers were done by {}", format_instant(record.deadline)));
    ++statistics_.timed_out;
    end(operation, OperationState::failed, step);
}

Result<bool> Operations::forget_old(Step& step) {
    const auto [lower, upper] = operations_to_forget(step.now.wall);
    std::vector<std::string> keys;
    {
        const auto scan = step.rows.scan(lower, upper);
        for (; scan->valid() && keys.size() < limits_.forgotten_per_step_max; scan->next()) {
            keys.emplace_back(scan->key());
        }
        TRY(scan->status());
    }
    for (const auto& key : keys) {
        const auto place = decode_operation_forget_key(key);
        if (!place) return fail(damaged());
        const auto row_key = operation_key(place->tenant, place->number);
        TRY_AS(const auto row, step.rows.get(row_key));
        const auto record = row ? decode_operation(row_key, *row) : std::nullopt;
        if (!record) return fail(damaged());
        drop(place->tenant, *record, step);
    }
    return keys.size() == limits_.forgotten_per_step_max;
}

void Operations::check() const {
    ASSERT(statistics_.live == live_.size());
    for (const auto& [key, operation] : live_) {
        const OperationRecord& record = operation->record;
        ASSERT(key.first == operation->tenant && key.second == record.id);
        ASSERT(!has_ended(record.state) && operation->is_linked());
        ASSERT(record.error.empty() && record.forget_at == never && record.sequence > 0);
        ASSERT(state_of_steps(record) == record.state);
    }
}

}  // namespace signalbox
