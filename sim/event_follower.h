#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/feed_oracle.h"
#include "sim/sim_http.h"

namespace signalbox {

// Follows all events of tickets from the beginning; when its connection breaks it comes back
// with the cursor of the last event or bookmark it got. What it gets it tells the oracle.
class EventFollower {
public:
    EventFollower(World& world, FeedOracle& oracle, const std::string& name)
        : world_(world), oracle_(oracle), number_(oracle.add_follower(name)), http_(world) {}

    void act();
    void cut() { http_.cut(); }
    // It goes, without waiting until that is noticed.
    void hang_up() { http_.hang_up(); }

private:
    void take_event(const std::string& text);

    World& world_;
    FeedOracle& oracle_;
    const size_t number_;
    SimHttp http_;
    std::string cursor_;
    std::string buffer_;
    bool begun_ = false;
};

}  // namespace signalbox
