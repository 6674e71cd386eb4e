#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/queue.h"
#include "core/subscription.h"

// What memory holds of subscriptions. The messages of an outbox are rows, one each for all who
// subscribed; each subscriber has a place up to which it was told, and what all were told goes.
//
//          floor                                     next
//            v                                         v
//   gone gone N  N  N  N  N  N  N  N  N  N  N  N  N  N
//            ^        ^                             ^
//            places of three subscribers            recent: in memory too

namespace signalbox {

struct Outbox {
    explicit Outbox(QueueKey outbox_key) : key(std::move(outbox_key)) {}

    const QueueKey key;
    OutboxNumber number;
    std::string tenant;  // its name
    uint64_t next = 1;   // the sequence of the next notification
    uint64_t floor = 1;  // nothing is left below
    uint64_t bytes = 0;  // of all bodies below `next`
    // Of those below the floor, or less: what it is now is a row, read when it matters.
    uint64_t bytes_gone = 0;
    std::map<SubscriptionId, std::unique_ptr<Subscription>> subscriptions;
    std::multiset<uint64_t> places;  // of those that are active
    // The last ones, without a gap.
    std::deque<std::shared_ptr<const Notification>> recent;
    size_t recent_bytes = 0;
};

}  // namespace signalbox
