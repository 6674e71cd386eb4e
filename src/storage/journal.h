#pragma once

#include <functional>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "storage/change_set.h"

namespace signalbox {

// The durable, ordered list of change sets: the only truth. One owner at a time, told by its
// epoch; here that is a process holding the lock on a directory, elsewhere it may be a row in
// a distributed engine. append() and reserve() from the core thread.
class Journal {
public:
    virtual ~Journal() = default;

    // Makes sure, as well as it can be known, that there is room for a batch of `bytes`. When it
    // fails nothing has happened, and a later call may succeed.
    virtual Result<void> reserve(size_t bytes) = 0;

    // Durable when it returns well. The batch must follow the last one. `unavailable`: there is no
    // room now, and it is as if nothing had happened, so the same batch may be appended later, but
    // no other one. `conflict`: the owner is not the newest. After any other failure the end of
    // the journal is unknowable, and every later call fails.
    virtual Result<void> append(OwnerEpoch owner, const BatchView& batch) = 0;

    // Calls `visit` for each batch that holds a revision after `after`, in order, until it
    // fails. The views are valid during the call only.
    using Visit = std::function<Result<void>(const BatchView&)>;
    virtual Result<void> read(Revision after, const Visit& visit) = 0;

    // Nothing up to `upto` is needed any more. May keep more than it must. Any thread.
    virtual void trim(Revision upto) = 0;

    [[nodiscard]] virtual Revision last_revision() const = 0;
    [[nodiscard]] virtual OwnerEpoch owner() const = 0;
    // Bytes kept, for metrics and to decide on checkpoints. Any thread.
    [[nodiscard]] virtual uint64_t kept_bytes() const = 0;
};

}  // namespace signalbox
