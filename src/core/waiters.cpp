#include "core/waiters.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox {

Result<Waiter*> Waiters::park(RequestId request, Waiter::Watched watched, WaiterList& list) {
    if (waiters_.size() >= waiters_max_) {
        return fail(ErrorCode::overloaded, "too many requests are waiting");
    }
    auto waiter = std::make_unique<Waiter>(request, watched);
    Waiter* parked = waiter.get();
    const bool added = waiters_.emplace(request, std::move(waiter)).second;
    ASSERT(added);
    list.push_back(*parked);
    return parked;
}

RequestId Waiters::take_front(WaiterList& list) {
    ASSERT(!list.empty());
    const RequestId request = list.front().request;
    forget(request);
    return request;
}

bool Waiters::forget(RequestId request) {
    return waiters_.erase(request) > 0;
}

Waiter* Waiters::find(RequestId request) {
    const auto found = waiters_.find(request);
    return found == waiters_.end() ? nullptr : found->second.get();
}

std::vector<std::pair<RequestId, Waiter::Watched>> Waiters::all() const {
    std::vector<std::pair<RequestId, Waiter::Watched>> all;
    all.reserve(waiters_.size());
    for (const auto& [request, waiter] : waiters_) all.emplace_back(request, waiter->watched);
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return all;
}

}  // namespace signalbox
