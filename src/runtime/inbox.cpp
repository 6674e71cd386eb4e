#include "runtime/inbox.h"

#include "base/assert.h"

namespace signalbox {

bool Inbox::push(Command&& command) {
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        const bool frees = std::holds_alternative<CancelRequest>(command.body);
        if (commands_.size() + taken_ >= limits_.commands_max && !frees) return false;
        was_empty = commands_.empty();
        commands_.push_back(std::move(command));
    }
    if (was_empty) wake_();
    return true;
}

void Inbox::take(std::vector<Command>& out) {
    ASSERT(out.empty());
    const std::lock_guard lock(mutex_);
    taken_ += commands_.size();
    out.swap(commands_);
}

void Inbox::done(size_t count) {
    const std::lock_guard lock(mutex_);
    ASSERT(count <= taken_);
    taken_ -= count;
}

}  // namespace signalbox
