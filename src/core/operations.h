#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/limits.h"
#include "core/collection_commands.h"
#include "core/item_types.h"
#include "core/operation_rows.h"
#include "core/step.h"

namespace signalbox {

// An operation that has not ended, with its deadline.
struct Operation : TimerHook {
    Operation() : TimerHook(TimerKind::operation_deadline) {}

    TenantId tenant;
    OperationRecord record;
    WaiterList waiters;
};

// What was begun by a change and is made true by its appliers. It ends in one of three ways, by
// the reports of all its appliers, by the first failure, or by its deadline, whatever comes first,
// and never goes back. Those that have ended are rows, for as long as their type keeps them. Core
// thread.
//
// Invariants (check()): each one in memory has not ended, has at least one applier that has not
// succeeded and none that has failed, and hangs in the timer wheel.
class Operations {
public:
    Operations(const OperationLimits& limits, const ItemTypes& types)
        : limits_(limits), types_(types) {}

    Result<void> load(const RowReader& rows, Timers& timers, Now now);

    // Whether a change of an item of that type may begin one: `conflict` when there is one with
    // that id, `overloaded` when there are operations_max that have not ended.
    [[nodiscard]] Result<void> check_begin(TenantId tenant, const ItemType& type,
                                           const std::optional<Uuid>& id, const Step& step) const;
    // Nothing for types that need none.
    static std::optional<Uuid> propose_id(const ItemType& type, const std::optional<Uuid>& chosen,
                                          Step& step);
    struct Beginning {
        Uuid id;
        const ItemType& type;
        std::string item;
        OperationVerb verb;
        const Requester& requester;
    };
    // One a step at most.
    OperationRecord begin(TenantId tenant, const Beginning& beginning, Step& step);

    Result<OperationRecord> report(TenantId tenant, ReportOperation command, Step& step);
    Result<OperationRecord> cancel(TenantId tenant, const CancelOperation& command, Step& step);
    Result<OperationForgotten> forget(TenantId tenant, const ForgetOperation& command, Step& step);
    // Nothing when the request was parked.
    Result<std::optional<OperationRecord>> wait(TenantId tenant, const WaitOperation& command,
                                                RequestId request, Step& step);

    static void on_wait_timeout(const Operation& operation, RequestId request, Step& step);
    void on_deadline(Operation& operation, Step& step);
    // Drops some of those that have ended long enough ago. True when there may be more.
    Result<bool> forget_old(Step& step);

    struct Statistics {
        uint64_t live = 0;
        uint64_t succeeded = 0;  // since the start, likewise the others
        uint64_t failed = 0;
        uint64_t cancelled = 0;
        uint64_t timed_out = 0;  // of those that failed
    };
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }
    void check() const;

private:
    using Key = std::pair<TenantId, Uuid>;

    [[nodiscard]] Operation* find(TenantId tenant, const Uuid& id) const;
    // Writes down what has changed, and tells of it.
    void keep(Operation& operation, Step& step);
    // The same for an end; the operation is gone then.
    OperationRecord end(Operation& operation, OperationState state, Step& step);
    [[nodiscard]] Duration retention_of(const Operation& operation) const;

    const OperationLimits& limits_;
    const ItemTypes& types_;
    std::map<Key, std::unique_ptr<Operation>> live_;
    Statistics statistics_;
};

}  // namespace signalbox
