#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

// What can be asked of operations, and what is answered. Reading needs no command, see
// core/operation_rows.h.

namespace signalbox {

//     pending --> running --> succeeded | failed | cancelled
//        \___________________________^
// Only ever forward. On disk: never change.
enum class OperationState : uint8_t { pending, running, succeeded, failed, cancelled };

std::string_view operation_state_name(OperationState state);
std::optional<OperationState> parse_operation_state(std::string_view name);
constexpr bool has_ended(OperationState state) {
    return state >= OperationState::succeeded;
}

// What was done to the item.
enum class OperationVerb : uint8_t { create, update, remove };  // on disk: never change

std::string_view operation_verb_name(OperationVerb verb);

// A part of an operation. Those without a slash in their name are the appliers that it needs;
// "asterisk/reload" is a part of what the applier asterisk does.
struct OperationStep {
    std::string name;
    OperationState state = OperationState::pending;  // never cancelled
    uint64_t current = 0;                            // of `end`; both 0: it counts nothing
    uint64_t end = 0;
    std::string detail;

    bool operator==(const OperationStep&) const = default;
};

// Something that was begun by a change and takes its time.
struct OperationRecord {
    Uuid id;
    uint64_t number = 0;  // rises with each operation of the tenant
    OperationState state = OperationState::pending;
    uint64_t sequence = 0;  // of its changes, from 1
    std::string type;       // of the item
    std::string item;       // its id
    OperationVerb verb = OperationVerb::create;
    Revision item_revision;  // that it makes true
    std::optional<Uuid> requester;
    std::string requester_name;
    std::vector<OperationStep> steps;
    bool cancel_requested = false;
    std::string error;     // a problem (RFC 9457) as JSON, when it has failed or was cancelled
    std::string response;  // a JSON object, when it has succeeded
    Instant created_at;
    Instant updated_at;
    Instant deadline;
    Instant forget_at = never;  // known when it has ended
    Revision revision;          // of its last change

    bool operator==(const OperationRecord&) const = default;
};

// What somebody who works on an operation tells of it. `conflict` when it has ended, or would go
// backwards; telling the same end twice is no conflict.
struct ReportOperation {
    using Answer = OperationRecord;

    Uuid id;
    std::string applier;  // empty: the only one there is
    OperationState state = OperationState::running;
    std::optional<uint64_t> current;
    std::optional<uint64_t> end;
    std::optional<std::string> detail;
    std::vector<OperationStep> steps;  // of the applier, without its name in theirs
    std::string error;                 // a JSON object, or empty
    std::string response;              // likewise
};

// One that nobody works on yet ends at once; others are asked to.
struct CancelOperation {
    using Answer = OperationRecord;

    Uuid id;
};

// The answer comes when it has ended, or the time is over.
struct WaitOperation {
    using Answer = OperationRecord;

    Uuid id;
    Duration timeout{};
};

struct OperationForgotten {};

// `conflict` when it has not ended.
struct ForgetOperation {
    using Answer = OperationForgotten;

    Uuid id;
};

}  // namespace signalbox
