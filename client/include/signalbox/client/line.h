#pragma once

#include "signalbox/client/ticket.h"

namespace signalbox::client {

// The line of tickets for one resource. Every resource has one; those that nobody stands in
// and that have no settings are not listed.
struct Line {
    Resource resource;
    uint32_t slots = 1;     // exclusive tickets that may hold it at once
    bool paused = false;    // nobody is granted
    bool draining = false;  // nobody may join
    std::string reason;     // of either
    uint64_t holders = 0;
    uint64_t queued = 0;
    std::optional<Instant> oldest_queued_at;
    std::optional<Duration> hold_average;  // of recent holders
    std::string json;                      // all of it as the server said it
};

// What is absent stays as it is.
struct LineChange {
    std::optional<uint32_t> slots = std::nullopt;  // 0: what its tickets say, or one
    std::optional<bool> paused = std::nullopt;
    std::optional<bool> draining = std::nullopt;
    std::optional<std::string> reason = std::nullopt;
};

struct LineFilter {
    std::optional<std::string> server = std::nullopt;
    size_t page_items = 100;
};

// Holders, then the waiting in order.
struct LineTickets {
    uint64_t total = 0;
    std::vector<Ticket> tickets;
};

}  // namespace signalbox::client
