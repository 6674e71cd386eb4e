#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "base/limits.h"
#include "core/command.h"

namespace signalbox {

// Commands on their way to the core. push() from any thread, the rest from the core's. Bounded: a
// full inbox refuses, and the client is told to come back. What was taken counts until it is done,
// so the core may take more than it does at once.
class Inbox {
public:
    // `wake` is called, on the pushing thread, when the inbox was empty before.
    Inbox(const InboxLimits& limits, std::function<void()> wake)
        : limits_(limits), wake_(std::move(wake)) {}

    // False when it is full; the command is untouched then. Cancellations always get in,
    // because they free what others wait for.
    bool push(Command&& command);
    // Moves everything there is into `out`, which is empty and keeps its capacity for the next.
    void take(std::vector<Command>& out);
    // So many of those taken have been applied or refused.
    void done(size_t count);

private:
    const InboxLimits& limits_;
    const std::function<void()> wake_;
    std::mutex mutex_;
    std::vector<Command> commands_;
    size_t taken_ = 0;  // and not done
};

}  // namespace signalbox
