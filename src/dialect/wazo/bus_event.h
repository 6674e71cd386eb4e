#pragma once

#include <string>
#include <string_view>

#include "core/event.h"
#include "core/identity.h"
#include "runtime/node.h"

namespace signalbox::wazo {

// Who listens: an ordinary user, or an administrator whose patterns speak of other people's events.
struct Listener {
    const Identity& identity;

    // May hear what is for others, as far as patterns give it.
    [[nodiscard]] bool hears_others() const { return identity.is_admin && !identity.acl.empty(); }
    // What to follow for events of that name; "*": of any.
    [[nodiscard]] std::vector<Topic> topics_of(std::string_view name) const;
    // Whose access to an event counts: their own, where it is for them, else somebody's whose it
    // is.
    [[nodiscard]] Uuid receiver_of(const EventAudience& audience) const;
    // Whether an event that one of those topics brought is for them.
    [[nodiscard]] bool may_hear(const Event& event) const;
};

// An event as Wazo's bus has it: its headers, and `data`. It has an audience; `cursor` is its id.
std::string bus_event(const Event& event, const std::string& cursor, const std::string& tenant,
                      const Node::Identity& node, const Listener& receiver);

}  // namespace signalbox::wazo
