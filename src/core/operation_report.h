#pragma once

#include "base/limits.h"
#include "core/operation_commands.h"

namespace signalbox {

// What a report makes of the steps of an operation that has not ended, and of nothing else: the
// operation's own state follows from them. `conflict` when a step would go backwards,
// `invalid_argument` when there is no such applier. Nothing has changed after an error.
Result<void> apply_report(OperationRecord& record, const ReportOperation& report,
                          const OperationLimits& limits);

// Whether the applier has already told that end, so that telling it again changes nothing.
bool is_told_already(const OperationRecord& record, const ReportOperation& report);

// Of an operation by its appliers: failed when one has, succeeded when all have, running when one
// of them has begun.
OperationState state_of_steps(const OperationRecord& record);

}  // namespace signalbox
