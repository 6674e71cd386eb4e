#include "core/queue.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace signalbox {

void hold(Queue& queue, Claim& claim) {
    const auto& taken = claim.taken;
    for (size_t i = 0; i < taken.size();) {
        const MessagePlace first = taken[i].place;
        uint64_t end = first.sequence;
        for (; i < taken.size() && taken[i].place == MessagePlace{first.lane, end}; ++i) ++end;
        queue.lanes[first.lane].unready.add(first.sequence, end);
        queue.claimed.emplace(first, Queue::ClaimedRun{end, &claim});
    }
    queue.claimed_count += claim.live;
    for (const auto& name : claim.groups) {
        if (name.empty()) continue;
        MessageGroup& group = queue.groups[name];
        group.holder = &claim;
        ++group.held;
    }
}

HeldMessage find_held(const Queue& queue, MessagePlace place) {
    const auto after = queue.claimed.upper_bound(place);
    if (after == queue.claimed.begin()) return {};
    const auto run = std::prev(after);
    if (run->first.lane != place.lane || run->second.end <= place.sequence) return {};
    auto& taken = run->second.claim->taken;
    const auto found = std::lower_bound(
        taken.begin(), taken.end(), place,
        [](const TakenMessage& message, MessagePlace at) { return message.place < at; });
    ASSERT(found != taken.end() && found->place == place);
    if (found->is_gone) return {};
    return {run->second.claim, static_cast<size_t>(found - taken.begin())};
}

void forget_run(Queue& queue, MessagePlace place) {
    const auto after = queue.claimed.upper_bound(place);
    if (after == queue.claimed.begin()) return;
    const auto run = std::prev(after);
    if (run->first.lane != place.lane || run->second.end <= place.sequence) return;
    const auto [end, claim] = run->second;
    if (run->first == place) {
        queue.claimed.erase(run);
    } else {
        run->second.end = place.sequence;
    }
    if (place.sequence + 1 < end) {
        queue.claimed.emplace(MessagePlace{place.lane, place.sequence + 1},
                              Queue::ClaimedRun{end, claim});
    }
}

}  // namespace signalbox
