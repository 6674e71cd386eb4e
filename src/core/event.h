#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace signalbox {

// Where an event stands in the feed of a partition: the revision of the commit that produced
// it, and its number within that commit, from 0.
struct FeedPosition {
    Revision revision;
    uint32_t index = 0;

    constexpr auto operator<=>(const FeedPosition&) const = default;
};

// Something that events are about and readers ask for: a ticket, a line, a server, all tickets
// of a tenant. A 64-bit checksum of its kind and name; tenants are kept apart by their own
// field, so two names that collide could only ever be confused within one tenant.
using Topic = StrongNumber<struct TopicTag>;

// make_topic("line", {server, scope, id})
Topic make_topic(std::string_view kind, std::initializer_list<std::string_view> names = {});

// Whom an event is for where events have names and people listen to their own: Wazo's WebSocket.
struct EventAudience {
    std::string name;    // of the event there
    std::string access;  // what a pattern of the receiver must give, with {user}; empty: nothing
    bool whole_tenant = false;
    std::vector<Uuid> users;

    bool operator==(const EventAudience&) const = default;
};

// A fact that a commit produced, in no dialect's words.
struct Event {
    TenantId tenant;
    FeedPosition position;
    Instant time;
    std::string type;           // "ticket.granted"
    std::string subject;        // what it happened to, as clients name it: a ticket's UUID
    std::vector<Topic> topics;  // most specific last
    std::string data;           // a JSON object
    std::optional<EventAudience> audience;

    [[nodiscard]] bool is_about(Topic topic) const;
    // Any of them.
    [[nodiscard]] bool is_about(const std::vector<Topic>& some) const;
};

// All events of one commit as one row of the feed.
std::string event_row_key(Revision revision);
std::string encode_events(const std::vector<Event>& events);
// Nothing when the row is damaged.
std::optional<std::vector<Event>> decode_events(std::string_view key, std::string_view value);

}  // namespace signalbox
