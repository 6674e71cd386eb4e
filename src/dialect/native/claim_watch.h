#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/ids.h"
#include "dialect/frontend.h"

namespace signalbox::native {

// Tells the streams of messages that what they wait for has been acknowledged or released by
// another request, perhaps one on another io thread. A stream that is not told (it happened
// through another dialect) finds out by itself, later. Any thread.
class ClaimWatch {
public:
    // Called on the thread of `frontend`, with how many messages have left the claim.
    using Told = std::function<void(const ClaimId& claim, uint64_t count)>;

    // `frontend` must live until forget().
    void watch(const ClaimId& claim, const Frontend& frontend, std::shared_ptr<const Told> told);
    void forget(const ClaimId& claim);

    void tell(const ClaimId& claim, uint64_t count);

private:
    struct Watcher {
        const Frontend* frontend = nullptr;
        std::shared_ptr<const Told> told;
    };
    std::mutex mutex_;
    std::map<ClaimId, Watcher> watchers_;
};

}  // namespace signalbox::native
