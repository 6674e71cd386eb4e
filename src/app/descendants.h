#pragma once

#include <optional>
#include <set>
#include <vector>

#include "app/process_table.h"

namespace signalbox {

// What this process has started, directly or not, and is still there. In a process that those
// without a parent become children of (PR_SET_CHILD_SUBREAPER), nobody is missed.
//
// Whoever was there before this object is a stranger, as is what it starts: a shell that becomes
// this process (`log-shipper & exec signalbox exec ...`) leaves its other children to it, and they
// are not ours to end. What a stranger has started and lost between two looks cannot be told from
// our own any more.
class Descendants {
public:
    Descendants();

    // Makes strangers of all that are there now.
    void disown();
    // True also when it cannot be known.
    [[nodiscard]] bool has_any();
    // Also to `known`, which is one of them, where there is no way to look for them. False when
    // there are only those that it may not signal.
    bool send(int signal, std::optional<pid_t> known);

private:
    std::vector<pid_t> find(const ProcessTable& table);

    std::set<ProcessTable::Name> strangers_;
};

}  // namespace signalbox
