#pragma once

#include <string_view>
#include <vector>

#include "core/queue_commands.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

// JSON that a client sent to a Zaqar route, on any transport.

namespace signalbox::zaqar {

// Fails when `text` is no JSON, neither object nor array, or has an integer of more than 64 bits.
Checked<void> check_json(std::string_view text);

// The messages of {"messages": [{"body": any[, "ttl": int][, "delay": int]}]}, each body as it was
// written. `text` is checked on the way. v1.1 knows no delay and drops it like any unknown member.
Checked<std::vector<NewMessage>> read_messages(std::string_view text, const ZaqarLimits& limits,
                                               bool takes_delay);

// {"ttl": int, "grace": int}, of a claim; the defaults where they are absent, or with an empty
// text.
struct ClaimTimes {
    int64_t ttl = 0;
    int64_t grace = 0;
};
Checked<ClaimTimes> read_claim_times(std::string_view text, const ZaqarLimits& limits);

// {"resource_types": [...]} of a purge.
struct PurgedTypes {
    bool messages = false;
    bool subscriptions = false;
};
Checked<PurgedTypes> read_purge(std::string_view text);

}  // namespace signalbox::zaqar
