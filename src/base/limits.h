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
    size_t checks_per_session_max = 64;
    Duration lock_delay_max = std::chrono::minutes(1);
};

struct IdempotencyLimits {
    size_t key_bytes_max = 255;
    Duration age_max = std::chrono::hours(24);
};

struct FeedLimits {
    uint64_t events_max = 1'000'000;
    Duration age_max = std::chrono::days(7);
    size_t subscribers_max = 100'000;
    size_t topics_max = 1024;               // of one subscriber
    size_t buffered_events_max = 1024;      // of one subscriber, before it must catch up from disk
    size_t backlog_bytes_max = 256u << 10;  // unsent to it, likewise
    size_t page_rows_max = 256;             // of the store, read for it at a time
};

// Of Zaqar's routes. Each has the range that Zaqar's own configuration has by default.
struct ZaqarLimits {
    size_t name_bytes_max = 64;  // of a queue, topic, pool or flavor
    size_t metadata_bytes_max = 65'536;
    size_t post_bytes_max = 262'144;  // of a request that posts messages
    Duration message_ttl_min = std::chrono::seconds(60);
    Duration message_ttl_max = std::chrono::days(14);
    Duration message_delay_max = std::chrono::minutes(15);
    Duration claim_ttl_min = std::chrono::seconds(60);
    Duration claim_ttl_max = std::chrono::hours(12);
    Duration claim_ttl = std::chrono::minutes(5);  // when the request says nothing
    Duration claim_grace_min = std::chrono::seconds(60);
    Duration claim_grace_max = std::chrono::hours(12);
    Duration claim_grace = std::chrono::minutes(1);
    Duration subscription_ttl_min = std::chrono::seconds(60);
    Duration subscription_ttl = std::chrono::hours(1);  // when the request says nothing
    size_t page = 10;  // of any list, when the request says nothing
    size_t queues_per_page_max = 20;
    size_t messages_per_page_max = 20;   // also ids in one request
    size_t messages_per_claim_max = 20;  // also of one pop
    size_t subscriptions_per_page_max = 20;
    size_t subscriptions_per_connection_max = 100;  // of those that have no subscriber
    size_t pools_per_page_max = 20;
    size_t flavors_per_page_max = 20;
    size_t filter_bytes_max = 256;  // of a regular expression that queues are listed by
    size_t filters_max = 8;         // on metadata, of one list of queues
};

struct PoolLimits {
    size_t pools_max = 1000;
    size_t flavors_max = 10'000;
    size_t options_bytes_max = 65'536;
    size_t uri_bytes_max = 1024;
};

struct QueueLimits {
    size_t queues_max = 10'000'000;     // of a partition
    size_t queues_loaded_max = 10'000;  // in memory although nothing goes on in them
    size_t name_bytes_max = 64;         // of queues; readers and groups have 255
    size_t metadata_bytes_max = 65'536;
    size_t messages_per_post_max = 10'000;
    size_t messages_per_answer_max = 1000;
    size_t answer_bytes_max = 4u << 20;  // of the bodies in an answer; but always one message
    Duration ttl_default = std::chrono::hours(1);
    Duration ttl_max = std::chrono::days(3650);
    Duration delay_max = std::chrono::days(366);
    Duration claim_ttl_max = std::chrono::days(1);
    // What makes a post the same as another one is kept with the other keys of clients, and so
    // long: IdempotencyLimits::age_max.
    Duration dedup_window_max = std::chrono::hours(24);
    size_t claims_max = 10'000'000;  // open at a time, of a partition
    size_t cursors_max = 1000;       // of a queue
    // What one step looks at; the rest follows in the next ones, so that nobody waits long.
    size_t rows_per_step_max = 4096;
    size_t unparked_per_step_max = 64;  // messages of a group that was held
};

// What a tenant may have in all of its queues; 0: as much as there is room for.
struct TenantQuotas {
    uint64_t queues_max = 0;
    uint64_t messages_max = 0;
    uint64_t bytes_max = 0;            // of bodies
    uint64_t messages_per_second = 0;  // posted; ten seconds' worth at once
    uint64_t subscriptions_max = 0;
};

// Of collections and their types.
struct CollectionLimits {
    size_t types_max = 10'000;  // of a partition
    size_t schema_bytes_max = 65'536;
    size_t path_bytes_max = 256;
    size_t name_bytes_max = 64;     // of a type, a field, an event, an applier
    size_t access_bytes_max = 256;  // of what an event's receiver must be given
    size_t appliers_max = 16;       // of a type
    size_t url_bytes_max = 1024;    // of an applier
    Duration deadline_min = std::chrono::seconds(1);
    Duration deadline_max = std::chrono::days(30);
    Duration retention_max = std::chrono::days(366);
    uint64_t items_max = 10'000'000;  // of a type
    size_t id_bytes_max = 128;
    size_t document_bytes_max = 65'536;
    size_t owners_max = 32;
    size_t items_per_answer_max = 1000;
    size_t answer_bytes_max = 4u << 20;  // of the items in an answer; but always one
};

struct OperationLimits {
    size_t operations_max = 1'000'000;  // that have not ended, of a partition
    size_t steps_max = 64;
    size_t step_name_bytes_max = 128;
    size_t detail_bytes_max = 1024;
    size_t outcome_bytes_max = 16'384;  // of an error or a response
    Duration wait_max = std::chrono::hours(1);
    Duration retention = std::chrono::days(30);  // when the type is gone
    size_t forgotten_per_step_max = 256;
};

struct TokenLimits {
    size_t tokens_max = 100'000;
    size_t roles_max = 32;        // of a token
    size_t acl_max = 128;         // patterns of a token
    size_t name_bytes_max = 256;  // of its tenant, user, a role, a pattern
    Duration ttl_max = std::chrono::days(3650);
    size_t expired_per_step_max = 256;
};

// Of keys and their values.
struct KvLimits {
    uint64_t entries_max = 10'000'000;  // of a partition
    size_t key_bytes_max = 4096;
    size_t value_bytes_max = 524'288;
    size_t transaction_operations_max = 64;
    size_t answer_bytes_max = 64u << 20;  // of the keys and values in an answer
    // Of what a transaction answers: it is found out in one step, while everybody else waits.
    size_t transaction_bytes_max = 4u << 20;
    Duration grave_age_max = std::chrono::minutes(15);
    uint64_t graves_max = 100'000;  // of a partition; the oldest go first
    size_t graves_per_step_max = 1024;
    size_t locks_per_step_max = 64;  // let go with their session
};

// Of nodes, services and checks.
struct RegistryLimits {
    size_t nodes_max = 10'000;  // of a partition
    size_t services_max = 100'000;
    size_t checks_max = 200'000;
    size_t checks_per_service_max = 64;  // in one registration
    size_t name_bytes_max = 512;         // of names, ids, addresses, tags
    size_t tags_max = 64;
    size_t metadata_max = 64;  // pairs
    size_t metadata_value_bytes_max = 512;
    size_t notes_bytes_max = 4096;
    size_t output_bytes_max = 4096;        // of a check; the rest is cut off
    size_t definition_bytes_max = 65'536;  // of how a check is carried out
    Duration ttl_min = std::chrono::milliseconds(1);
    Duration interval_min = std::chrono::seconds(1);
    Duration span_max = std::chrono::days(366);  // of a TTL, an interval, a timeout
    Duration reap_min = std::chrono::minutes(1);
    Duration output_age_max = std::chrono::minutes(5);  // before it moves the index
    size_t probes_max = 256;                            // under way at a time, of the server
    Duration probe_time_max = std::chrono::minutes(1);  // of one, whatever timeout it has
};

struct SubscriptionLimits {
    size_t subscriptions_max = 100'000;  // of a partition
    size_t per_queue_max = 1000;
    size_t followers_max = 100'000;        // connections that are sent messages as they are posted
    size_t followers_per_queue_max = 100;  // each message is written out for each of them
    size_t subscriber_bytes_max = 2048;
    size_t options_bytes_max = 16'384;
    uint64_t bytes_max = 256u << 20;  // of all these, of a partition: they are in memory
    Duration ttl_min = std::chrono::seconds(1);
    // What is not delivered yet, of a queue. Whoever is behind by more loses the oldest.
    size_t notifications_max = 1'000'000;
    uint64_t notification_bytes_max = 256u << 20;  // of their bodies; but always one
    // Carried out at a time, of a partition; those that fail, or may fail, have at most half of
    // them, those that failed last time a quarter.
    size_t windows_max = 512;
    size_t window_messages_max = 64;
    size_t window_bytes_max = 256u << 10;  // but always one
    // Whoever carries a window out begins with no further message behind it.
    Duration window_time_max = std::chrono::seconds(1);
    // Messages kept in memory for whoever is not behind, of all outboxes.
    size_t recent_bytes_max = 16u << 20;
    Duration retry_after_max = std::chrono::hours(1);
};

struct CoreLimits {
    KvLimits kv;
    RegistryLimits registry;
    size_t recent_changes_max = 4096;  // remembered for readers that are about to wait
    TicketLimits ticket;
    SessionLimits session;
    IdempotencyLimits idempotency;
    FeedLimits feed;
    TokenLimits token;
    QueueLimits queue;
    SubscriptionLimits subscription;
    TenantQuotas quota;
    PoolLimits pool;
    CollectionLimits collection;
    OperationLimits operation;
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

struct WebSocketLimits {
    size_t message_bytes_max = 1u << 20;  // of a client
    size_t requests_max = 64;             // under way, before a connection is not read any more
    size_t backlog_bytes_max = 4u << 20;  // unsent, before it is closed
    Duration ping_interval = std::chrono::seconds(30);  // of silence
    Duration silence_max = std::chrono::minutes(10);    // before the client is taken for gone
    // Of Wazo's clients: before they say that they are ready; and names of events that one of them
    // may subscribe to.
    Duration start_max = std::chrono::seconds(30);
    size_t subscriptions_max = 256;
    size_t subscription_bytes_max = 256;
};

struct HttpLimits {
    size_t body_bytes_max = 1u << 20;
    size_t head_bytes_max = 32u << 10;
    size_t target_bytes_max = 8u << 10;
    size_t fields_max = 100;
    size_t pipelined_max = 256;          // requests under way on one connection
    size_t window_max = 10'000;          // unacknowledged messages of one stream
    size_t output_bytes_max = 1u << 20;  // unsent, before a connection is not read any more
    size_t connections_max = 50'000;
    Duration head_timeout = std::chrono::seconds(30);  // from the first byte of a request
    Duration idle_timeout = std::chrono::minutes(10);  // between requests
    Duration write_timeout = std::chrono::minutes(1);  // without any byte taken
    WebSocketLimits websocket;
};

}  // namespace signalbox
