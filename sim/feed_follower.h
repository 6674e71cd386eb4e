#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/sim_http.h"
#include "sim/ticket_oracle.h"

namespace signalbox {

// Follows all events of tickets from the beginning; when its connection breaks it comes back
// with the cursor of the last event it got.
class FeedFollower {
public:
    using Sink = std::function<void(const SeenEvent&)>;
    FeedFollower(World& world, Sink sink) : world_(world), http_(world), sink_(std::move(sink)) {}

    void act();
    void cut();
    // It has got everything up to here, bookmarks included.
    [[nodiscard]] const std::string& cursor() const { return cursor_; }
    [[nodiscard]] bool was_resynced() const { return resynced_; }

private:
    void take_event(const std::string& text);

    World& world_;
    SimHttp http_;
    Sink sink_;
    std::string cursor_;
    std::string buffer_;
    bool begun_ = false;
    bool resynced_ = false;
};

}  // namespace signalbox
