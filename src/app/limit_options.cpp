#include "app/option_table.h"

namespace signalbox {
namespace {

Result<void> set_websocket_origin(ServeOptions& options, const std::string& text) {
    if (text != "*" && (text.find("://") == std::string::npos || text.ends_with('/'))) {
        return fail(ErrorCode::invalid_argument, "must be like https://host:port, or *");
    }
    options.websocket_origins.push_back(text);
    return {};
}

}  // namespace

void add_limit_options(OptionTable& table) {
    using O = ServeOptions;
    table.add(
        "queue_encryption_key_file", "FILE",
        "Keys of 64 hexadecimal digits, one a line, for queues that are to be encrypted: the first "
        "encrypts, all decrypt [one is made, and kept with the data]",
        text_of(&O::queue_encryption_key_file));
    table.add("segment_bytes", "SIZE", "Size of a journal segment [32MiB]",
              size([](O& o) -> auto& { return o.segment_bytes; }, mib, gib));
    table.add("checkpoint_bytes", "SIZE", "Journal written between two checkpoints [64MiB]",
              size([](O& o) -> auto& { return o.checkpoint_bytes; }, mib, 64 * gib));
    table.add("cache_bytes", "SIZE", "Memory for rows read from disk [64MiB]",
              size([](O& o) -> auto& { return o.cache_bytes; }, mib, 1024 * gib));
    table.add("write_buffer_bytes", "SIZE", "Memory for rows before they are written out [64MiB]",
              size([](O& o) -> auto& { return o.write_buffer_bytes; }, mib, 16 * gib));

    table.add_count("tickets_max", "Queued and active tickets",
                    [](O& o) -> auto& { return o.core.ticket.tickets_max; });
    table.add_count("tickets_per_session_max", "Tickets of one session",
                    [](O& o) -> auto& { return o.core.ticket.tickets_per_session_max; });
    table.add_count("resources_per_ticket_max", "Resources of one ticket",
                    [](O& o) -> auto& { return o.core.ticket.resources_per_ticket_max; });
    table.add_count("ticket_name_bytes_max", "Bytes of a ticket's scope, id, owner and the like",
                    [](O& o) -> auto& { return o.core.ticket.name_bytes_max; });
    table.add_count("ticket_extra_bytes_max", "Bytes of a ticket's extra object",
                    [](O& o) -> auto& { return o.core.ticket.extra_bytes_max; });
    table.add_count("ticket_slots_max", "Slots of a line, as a ticket or an operator may say",
                    [](O& o) -> auto& { return o.core.ticket.slots_max; });
    // Times ageing, it must fit into a time.
    table.add_count(
        "ticket_priority_max", "Highest priority of a ticket; its negative is the lowest",
        [](O& o) -> auto& { return o.core.ticket.priority_max; }, 1'000'000);
    table.add_count("ticket_overtaken_max",
                    "Times that barging tickets may pass the one before them",
                    [](O& o) -> auto& { return o.core.ticket.overtaken_max; });
    table.add_duration("ticket_ageing", "Waiting so long is worth one priority",
                       [](O& o) -> auto& { return o.core.ticket.ageing; });
    table.add_duration("ended_age_max", "How long ended tickets are kept",
                       [](O& o) -> auto& { return o.core.ticket.ended_age_max; });
    table.add_count("ended_max", "Ended tickets kept",
                    [](O& o) -> auto& { return o.core.ticket.ended_max; });
    table.add_count("line_settings_max", "Lines with settings",
                    [](O& o) -> auto& { return o.core.ticket.line_settings_max; });
    table.add_count("sessions_max", "Sessions",
                    [](O& o) -> auto& { return o.core.session.sessions_max; });
    table.add_duration("session_ttl_min", "Shortest ttl of a session",
                       [](O& o) -> auto& { return o.core.session.ttl_min; });
    table.add_duration("session_ttl_max", "Longest ttl of a session",
                       [](O& o) -> auto& { return o.core.session.ttl_max; });
    table.add_duration("session_grace_max", "Longest grace of a session",
                       [](O& o) -> auto& { return o.core.session.grace_max; });
    table.add_count("idempotency_key_bytes_max", "Bytes of an Idempotency-Key",
                    [](O& o) -> auto& { return o.core.idempotency.key_bytes_max; });
    table.add_duration("idempotency_age_max", "How long an Idempotency-Key is remembered",
                       [](O& o) -> auto& { return o.core.idempotency.age_max; });
    table.add_count("feed_events_max", "Events kept in the feed",
                    [](O& o) -> auto& { return o.core.feed.events_max; });
    table.add_duration("feed_age_max", "How long events are kept in the feed",
                       [](O& o) -> auto& { return o.core.feed.age_max; });
    table.add_count("subscribers_max", "Event streams open at once",
                    [](O& o) -> auto& { return o.core.feed.subscribers_max; });
    table.add_count("feed_buffered_events_max", "Events kept in memory for one stream that lags",
                    [](O& o) -> auto& { return o.core.feed.buffered_events_max; });
    table.add("feed_backlog_bytes_max", "SIZE",
              "Unsent bytes of one stream before it is caught up from disk [256KiB]",
              size([](O& o) -> auto& { return o.core.feed.backlog_bytes_max; }, 1024, 16 * mib));
    table.add_count("queues_max", "Queues and topics of a partition",
                    [](O& o) -> auto& { return o.core.queue.queues_max; });
    table.add_count("queues_loaded_max", "Queues kept in memory although nothing goes on in them",
                    [](O& o) -> auto& { return o.core.queue.queues_loaded_max; });
    table.add_count(
        "queue_name_bytes_max", "Bytes of a queue's name",
        [](O& o) -> auto& { return o.core.queue.name_bytes_max; }, 255);
    table.add_count("queue_metadata_bytes_max", "Bytes of a queue's metadata",
                    [](O& o) -> auto& { return o.core.queue.metadata_bytes_max; });
    table.add_count("messages_per_post_max", "Messages that one request posts",
                    [](O& o) -> auto& { return o.core.queue.messages_per_post_max; });
    table.add_count("messages_per_answer_max", "Messages that one request is about otherwise",
                    [](O& o) -> auto& { return o.core.queue.messages_per_answer_max; });
    table.add("answer_bytes_max", "SIZE", "Bodies in one answer; but always one message [4MiB]",
              size([](O& o) -> auto& { return o.core.queue.answer_bytes_max; }, 1024, 64 * mib));
    table.add_duration("message_ttl_default",
                       "Ttl of a message when neither it nor its queue has one",
                       [](O& o) -> auto& { return o.core.queue.ttl_default; });
    table.add_duration("message_ttl_max", "Longest ttl of a message",
                       [](O& o) -> auto& { return o.core.queue.ttl_max; });
    table.add_duration("message_delay_max", "Longest delay of a message",
                       [](O& o) -> auto& { return o.core.queue.delay_max; });
    table.add_duration("claim_ttl_max", "Longest ttl and grace of a claim",
                       [](O& o) -> auto& { return o.core.queue.claim_ttl_max; });
    table.add_count("claims_max", "Claims open at once, of a partition",
                    [](O& o) -> auto& { return o.core.queue.claims_max; });
    table.add_count("queue_readers_max", "Readers of a queue",
                    [](O& o) -> auto& { return o.core.queue.cursors_max; });
    table.add_count("subscriptions_max", "Subscriptions of a partition",
                    [](O& o) -> auto& { return o.core.subscription.subscriptions_max; });
    table.add_count("subscriptions_per_queue_max", "Subscriptions of a queue",
                    [](O& o) -> auto& { return o.core.subscription.per_queue_max; });
    table.add_count("followers_max", "Connections that are sent messages as they are posted",
                    [](O& o) -> auto& { return o.core.subscription.followers_max; });
    table.add_count("followers_per_queue_max", "Those of one queue",
                    [](O& o) -> auto& { return o.core.subscription.followers_per_queue_max; });
    table.add_count("subscriber_bytes_max", "Bytes of the URI of a subscriber",
                    [](O& o) -> auto& { return o.core.subscription.subscriber_bytes_max; });
    table.add_count("subscription_options_bytes_max", "Bytes of the options of a subscription",
                    [](O& o) -> auto& { return o.core.subscription.options_bytes_max; });
    table.add("subscription_bytes_max", "SIZE",
              "Bytes of the URIs and options of all subscriptions of a partition [256MiB]",
              size([](O& o) -> auto& { return o.core.subscription.bytes_max; }, 1024, 64 * gib));
    table.add_count("notifications_max", "Messages of a queue that wait for its subscribers",
                    [](O& o) -> auto& { return o.core.subscription.notifications_max; });
    table.add("notification_bytes_max", "SIZE", "Bytes of their bodies; but always one [256MiB]",
              size([](O& o) -> auto& { return o.core.subscription.notification_bytes_max; }, 1024,
                   1024 * gib));
    table.add_count(
        "deliveries_max", "Subscribers that are told something at the same time",
        [](O& o) -> auto& { return o.core.subscription.windows_max; }, 100'000);
    table.add_duration("retry_after_max", "How long a subscriber may ask to be left alone",
                       [](O& o) -> auto& { return o.core.subscription.retry_after_max; });
    constexpr uint64_t quota_max = 1'000'000'000'000;
    table.add("quota_queues_max", "N", "Queues and topics of one tenant; 0: any number [0]",
              count([](O& o) -> auto& { return o.core.quota.queues_max; }, quota_max, 0));
    table.add("quota_messages_max", "N", "Messages in all queues of one tenant; 0: any number [0]",
              count([](O& o) -> auto& { return o.core.quota.messages_max; }, quota_max, 0));
    table.add("quota_bytes_max", "SIZE", "Bytes of their bodies; 0: any number [0]",
              size([](O& o) -> auto& { return o.core.quota.bytes_max; }, 0, 1024 * 1024 * gib));
    table.add("quota_messages_per_second", "N",
              "Messages that a tenant may post; 0: any number [0]",
              count([](O& o) -> auto& { return o.core.quota.messages_per_second; }, quota_max, 0));
    table.add("quota_subscriptions_max", "N",
              "Subscriptions to all queues of one tenant; 0: any number [0]",
              count([](O& o) -> auto& { return o.core.quota.subscriptions_max; }, quota_max, 0));
    table.add_count("waiters_max", "Requests held at once",
                    [](O& o) -> auto& { return o.core.waiters_max; });
    table.add_count("tokens_max", "Tokens", [](O& o) -> auto& { return o.core.token.tokens_max; });
    table.add_count("token_roles_max", "Roles of a token",
                    [](O& o) -> auto& { return o.core.token.roles_max; });
    table.add_count("token_acl_max", "Patterns of a token",
                    [](O& o) -> auto& { return o.core.token.acl_max; });
    table.add_count("token_name_bytes_max", "Bytes of a token's tenant, user, a role, a pattern",
                    [](O& o) -> auto& { return o.core.token.name_bytes_max; });
    table.add_duration("token_ttl_max", "Longest time that a token may be good for",
                       [](O& o) -> auto& { return o.core.token.ttl_max; });
    table.add_count("tenants_max", "Tenants", [](O& o) -> auto& { return o.core.tenants_max; });
    table.add_count("tenant_bytes_max", "Bytes of a tenant's name",
                    [](O& o) -> auto& { return o.core.tenant_bytes_max; });
    table.add_count("inbox_commands_max", "Commands waiting for the core",
                    [](O& o) -> auto& { return o.inbox.commands_max; });
    table.add("body_bytes_max", "SIZE", "Size of a request's body [1MiB]",
              size([](O& o) -> auto& { return o.http.body_bytes_max; }, 1024, 16 * mib));
    table.add("head_bytes_max", "SIZE", "Size of a request's head [32KiB]",
              size([](O& o) -> auto& { return o.http.head_bytes_max; }, 1024, mib));
    table.add("target_bytes_max", "SIZE", "Size of a request's target [8KiB]",
              size([](O& o) -> auto& { return o.http.target_bytes_max; }, 128, mib));
    table.add_count("fields_max", "Header fields of a request",
                    [](O& o) -> auto& { return o.http.fields_max; });
    table.add_count("window_max", "Unacknowledged messages of one stream [10000]",
                    [](O& o) -> auto& { return o.http.window_max; });
    table.add_count("pipelined_max", "Requests under way on one connection, before it is not read",
                    [](O& o) -> auto& { return o.http.pipelined_max; });
    table.add("output_bytes_max", "SIZE",
              "Unsent bytes on one connection, before it is not read [1MiB]",
              size([](O& o) -> auto& { return o.http.output_bytes_max; }, 1024, 1024 * mib));
    table.add_count("connections_max", "Connections open at once",
                    [](O& o) -> auto& { return o.http.connections_max; });
    table.add_duration("head_timeout", "For a request to arrive, from its first byte",
                       [](O& o) -> auto& { return o.http.head_timeout; });
    table.add_duration("idle_timeout", "For the next request on a connection",
                       [](O& o) -> auto& { return o.http.idle_timeout; });
    table.add_duration("write_timeout", "For a client to take a byte of its answer",
                       [](O& o) -> auto& { return o.http.write_timeout; });
    table.add(
        "websocket_message_bytes_max", "SIZE", "Of a message that a client sends [1MiB]",
        size([](O& o) -> auto& { return o.http.websocket.message_bytes_max; }, 128, 64 * mib));
    table.add_count("websocket_requests_max",
                    "Requests under way on one WebSocket, before it is not read",
                    [](O& o) -> auto& { return o.http.websocket.requests_max; });
    table.add(
        "websocket_backlog_bytes_max", "SIZE",
        "Unsent bytes on one WebSocket, before it is closed [4MiB]",
        size([](O& o) -> auto& { return o.http.websocket.backlog_bytes_max; }, 1024, 1024 * mib));
    table.add_duration("websocket_ping_interval",
                       "Of silence, before the client of a WebSocket is pinged",
                       [](O& o) -> auto& { return o.http.websocket.ping_interval; });
    table.add_duration("websocket_silence_max", "For the client of a WebSocket to be heard of",
                       [](O& o) -> auto& { return o.http.websocket.silence_max; });
    table
        .add("websocket_origin", "ORIGIN",
             "Pages of this origin may open WebSockets and change things, once or more, or * for "
             "all; "
             "without any, only those of the server's own host",
             set_websocket_origin)
        .is_list = true;
    table.add_duration("stop_timeout", "For clients to take their answers when the server stops",
                       [](O& o) -> auto& { return o.stop_timeout; });
}

}  // namespace signalbox
