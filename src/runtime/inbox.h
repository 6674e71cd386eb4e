#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "base/limits.h"
#include "core/command.h"

namespace signalbox {

// Commands on their way to the core. push() from any thread, take() from the core's. Bounded:
// a full inbox refuses, and the client is told to come back.
class Inbox {
public:
    // `wake` is called, on the pushing thread, when the inbox was empty before.
    Inbox(const InboxLimits& limits, std::function<void()> wake)
        : limits_(limits), wake_(std::move(wake)) {}

    // False when it is full; the command is untouched then. Cancellations always get in,
    // because they free what others wait for.
    bool push(Command&& command);
    // Moves everything there is to the end of `out`.
    void take(std::deque<Command>& out);
    [[nodiscard]] size_t size() const;

private:
    const InboxLimits& limits_;
    const std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::deque<Command> commands_;
};

}  // namespace signalbox
