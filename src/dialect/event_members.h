#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/event.h"

namespace signalbox {

// The members of an event's data, as they are written there. One walk over a text that the server
// has written, which may be deeper than what a client may send: an item in it is as deep as it may
// be. A view that must not outlive the event. Any thread.
class EventMembers {
public:
    explicit EventMembers(const Event& event);

    // Empty when there is none.
    [[nodiscard]] std::string_view find(std::string_view name) const;

private:
    std::vector<std::pair<std::string_view, std::string_view>> members_;
};

}  // namespace signalbox
