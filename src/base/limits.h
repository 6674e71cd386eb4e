#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

// Every limit of the server with its default. Each is an option of `signalbox serve` and has a
// tested answer when it is reached (docs/protocol.md, "Limits"); but for those that only divide
// work into steps, which nobody outside can tell: ..._per_step_max, ..._per_batch_max, batch_...,
// page_rows_max.

namespace signalbox {

struct TicketLimits {
    size_t tickets_max = 10'000'000;  // live, of a partition
    size_t tickets_per_session_max = 10'000;
    size_t resources_per_ticket_max = 16;
    size_t name_bytes_max = 1024;  // of scope, id, action, owner, reqid, reason
    size_t extra_bytes_max = 65'536;
    uint32_t slots_max = 1'000'000;
    int32_t priority_max = 1000;                // and its negative
    Duration ageing = std::chrono::minutes(1);  // waiting this long is worth one priority
    uint32_t overtaken_max = 16;                // by barging tickets
    Duration ended_age_max = std::chrono::days(30);
    uint64_t ended_max = 1'000'000;  // of a partition; the oldest go first
    size_t line_settings_max = 100'000;
    // What one step does at most; the rest follows in the next ones, so that nobody waits long.
    size_t grants_per_step_max = 256;
    size_t ended_per_step_max = 64;  // with their session, or by retention
};

struct SessionLimits {
    size_t sessions_max = 100'000;
    size_t name_bytes_max = 1024;
    Duration ttl_min = std::chrono::seconds(1);
    Duration ttl_max = std::chrono::days(1);
    Duration grace_max = std::chrono::hours(1);
};

struct IdempotencyLimits {
    size_t key_bytes_max = 255;
    Duration age_max = std::chrono::hours(24);
};

struct FeedLimits {
    uint64_t events_max = 1'000'000;
    Duration age_max = std::chrono::days(7);
    size_t subscribers_max = 100'000;
    size_t buffered_events_max = 1024;      // of one subscriber, before it must catch up from disk
    size_t backlog_bytes_max = 256u << 10;  // unsent to it, likewise
    size_t page_rows_max = 256;             // of the store, read for it at a time
};

struct CoreLimits {
    TicketLimits ticket;
    SessionLimits session;
    IdempotencyLimits idempotency;
    FeedLimits feed;
    size_t waiters_max = 1'000'000;
    size_t timers_per_batch_max = 256;  // so that nobody waits long when many are due at once
    size_t tenants_max = 100'000;
    size_t tenant_bytes_max = 256;
};

struct InboxLimits {
    size_t commands_max = 100'000;  // waiting for the core
    size_t batch_commands_max = 1024;
    size_t batch_bytes_max = 1u << 20;
};

struct HttpLimits {
    size_t body_bytes_max = 1u << 20;
    size_t head_bytes_max = 32u << 10;
    size_t target_bytes_max = 8u << 10;
    size_t fields_max = 100;
    size_t pipelined_max = 256;          // requests under way on one connection
    size_t output_bytes_max = 1u << 20;  // unsent, before a connection is not read any more
    size_t connections_max = 50'000;
    Duration head_timeout = std::chrono::seconds(30);  // from the first byte of a request
    Duration idle_timeout = std::chrono::minutes(10);  // between requests
    Duration write_timeout = std::chrono::minutes(1);  // without any byte taken
};

}  // namespace signalbox
