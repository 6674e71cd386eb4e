#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/time.h"

// Waiting for the next change of something that is read from rows.

namespace signalbox {

// What is watched. `name` says which one, where there are several of a kind.
enum class WatchKind : uint8_t {
    key,       // one key
    prefix,    // all keys that begin with that
    sessions,  // all sessions
    session,   // one, by the text of its id
    nodes,     // all nodes themselves
    node,      // one node and everything on it
    services,  // all services, without their checks
    service,   // the instances of that name and their checks
    checks,    // all checks
};

struct WatchTarget {
    WatchKind kind = WatchKind::key;
    std::string name;

    auto operator<=>(const WatchTarget&) const = default;
};

// What was waited for may have changed, or the time is over. Whoever asked reads again.
struct ChangeSeen {
    bool changed = false;
    Revision revision;  // that shows it
};

// Answered when a commit behind `seen` changes the target; at once when that has happened already.
// `seen` is the revision of the snapshot that was read. A change may be told that turns out to be
// none; none is ever missed.
struct WaitForChange {
    using Answer = ChangeSeen;

    WatchTarget target;
    Revision seen;
    Duration wait{};
};

}  // namespace signalbox
