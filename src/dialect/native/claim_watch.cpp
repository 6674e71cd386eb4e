#include "dialect/native/claim_watch.h"

namespace signalbox::native {

void ClaimWatch::watch(const ClaimId& claim, const Frontend& frontend,
                       std::shared_ptr<const Told> told) {
    const std::lock_guard lock(mutex_);
    watchers_.insert_or_assign(claim, Watcher{&frontend, std::move(told)});
}

void ClaimWatch::forget(const ClaimId& claim) {
    const std::lock_guard lock(mutex_);
    watchers_.erase(claim);
}

void ClaimWatch::tell(const ClaimId& claim, uint64_t count) {
    if (count == 0) return;
    // Under the lock, so that the watcher's thread is still there when it is given work.
    const std::lock_guard lock(mutex_);
    const auto found = watchers_.find(claim);
    if (found == watchers_.end()) return;
    found->second.frontend->run_later(
        [told = found->second.told, claim, count] { (*told)(claim, count); });
}

}  // namespace signalbox::native
