#pragma once

#include <vector>

#include "base/ids.h"
#include "core/event.h"

// Following the feed. A subscription delivers what commits from now on; what came before is
// read from a store snapshot by the caller, up to `joined_at`, so nothing is missed between
// the two (docs/protocol.md, "Following events").

namespace signalbox {

struct FeedJoined {
    // Events of later revisions will be delivered; those up to here are in the store.
    Revision joined_at;
    // Events of this and later revisions are still kept.
    Revision floor;
};

struct SubscribeFeed {
    using Answer = FeedJoined;

    std::vector<Topic> topics;  // of which an event must have one
};

// A subscription hears of further topics as well, from now on: see FeedJoined::joined_at.
// `not_found` when it is over.
struct ExtendFeed {
    using Answer = FeedJoined;

    RequestId subscriber;
    std::vector<Topic> topics;
};

struct FeedHead {
    Revision committed;
};

// How far the feed has come. Whoever asks has every event up to there, or gets it before the
// answer; so a follower that nothing happens to can still move its cursor on.
struct ReadFeedHead {
    using Answer = FeedHead;
};

}  // namespace signalbox
