#include "runtime/inbox.h"

#include <iterator>

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

void Inbox::take(std::deque<Command>& out) {
    const std::lock_guard lock(mutex_);
    taken_ += commands_.size();
    if (out.empty()) {
        out.swap(commands_);
        return;
    }
    std::move(commands_.begin(), commands_.end(), std::back_inserter(out));
    commands_.clear();
}

void Inbox::done(size_t count) {
    const std::lock_guard lock(mutex_);
    ASSERT(count <= taken_);
    taken_ -= count;
}

}  // namespace signalbox
