#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

// What can be asked of queues, messages and claims, and what is answered.

namespace signalbox {

// Queues and topics have names of their own. A topic is a queue that cannot be claimed from.
// On disk: values never change. What an applier is told has an outbox under its name, and is no
// queue otherwise.
enum class QueueKind : uint8_t { queue = 0, topic = 1, applier = 2 };

struct QueueName {
    QueueKind kind = QueueKind::queue;
    std::string name;

    auto operator<=>(const QueueName&) const = default;
};

// What is not set follows the server's limits. Of values that are out of range, checked when
// they are set (queue_checks).
struct QueueSettings {
    std::optional<int64_t> post_bytes_max;  // of one request that posts
    std::optional<Duration> ttl;            // of messages that name none
    // Of messages that name none. Only where it is set and not zero may they name their own, on
    // Zaqar's routes.
    std::optional<Duration> delay;
    std::optional<std::string> dead_letter_queue;
    std::optional<Duration> dead_letter_ttl;
    std::optional<int64_t> claims_max;  // claims that may expire over a message before it moves
    std::optional<bool> encrypt;
    std::optional<std::string> flavor;
    std::optional<std::string> retry_policy;  // of subscriptions; a JSON object
    // Retention by size: the oldest messages that nobody holds go when there are more.
    std::optional<int64_t> messages_max;
    std::optional<int64_t> bytes_max;
    // How long an Idempotency-Key, or a message's own `dedup` key, keeps the same thing from being
    // posted again; as long as the server keeps them when not set.
    std::optional<Duration> dedup_window;

    bool operator==(const QueueSettings&) const = default;
};

struct QueueView {
    QueueName queue;
    QueueSettings settings;
    std::string metadata;  // what the client keeps beside the settings: a JSON object
    Instant created_at;
    uint64_t version = 0;  // rises with each update
};

struct QueueCreated {
    bool is_new = false;
    QueueView view;
};

// Changes nothing when it exists already.
struct CreateQueue {
    using Answer = QueueCreated;

    QueueName queue;
    QueueSettings settings;
    std::string metadata = "{}";
};

struct GetQueue {
    using Answer = QueueView;

    QueueName queue;
};

// Replaces settings and metadata, as a whole.
struct UpdateQueue {
    using Answer = QueueView;

    QueueName queue;
    QueueSettings settings;
    std::string metadata = "{}";
    std::optional<uint64_t> if_version;  // precondition_failed when it is another
};

struct QueueDeleted {
    bool existed = false;
};

// Everything of it goes at once: messages, claims, cursors.
struct DeleteQueue {
    using Answer = QueueDeleted;

    QueueName queue;
    std::optional<uint64_t> if_version;  // precondition_failed when it is another
};

struct QueuePurged {
    uint64_t messages = 0;
};

// All messages, claimed and delayed ones too, and all claims. Not found when there is no queue.
struct PurgeQueue {
    using Answer = QueuePurged;

    QueueName queue;
};

struct MessageMark {
    MessageId id;
    Instant created_at;
    Duration age{};
};

struct QueueStats {
    uint64_t claimed = 0;
    uint64_t delayed = 0;
    uint64_t free = 0;   // may be claimed now
    uint64_t total = 0;  // the sum of the three
    uint64_t bytes = 0;  // of their bodies
    uint64_t claims = 0;
    uint64_t posted = 0;  // since the queue was created: the number of the last message
    uint64_t waiters = 0;
    std::optional<MessageMark> oldest;
    std::optional<MessageMark> newest;
};

struct GetQueueStats {
    using Answer = QueueStats;

    QueueName queue;
};

struct NewMessage {
    std::string body;             // a JSON value, as text
    std::optional<Duration> ttl;  // the queue's when not set
    // After this long it can be claimed and listed; the queue's when not set. Or at a time.
    std::optional<Duration> delay;
    std::optional<Instant> deliver_at;
    std::string group;     // within it one after another; empty: none
    uint8_t priority = 0;  // 0 to 9; higher ones are claimed first
    std::string dedup;     // the same one again within the queue's window posts nothing
};

struct MessagesPosted {
    std::vector<MessageId> ids;  // in the order of the request
    bool is_replay = false;      // they were posted before, under the same key
};

// Creates the queue when there is none. All or nothing.
struct PostMessages {
    using Answer = MessagesPosted;

    QueueName queue;
    std::vector<NewMessage> messages;
    std::string client;         // who posts, for listings without their own; raw bytes of a UUID
    int64_t request_bytes = 0;  // compared with post_bytes_max
    // Zaqar's rules: a message's own delay counts only where the queue has one, and its ttl counts
    // from the post, so that it may end before it can be had. Ours: its ttl counts from then.
    bool delays_as_zaqar = false;
    bool encrypts = false;  // whatever the queue says
    // The server's default counts only up to here.
    Duration default_ttl_max = Duration::max();
    std::string idempotency_key;  // empty: none
    uint64_t idempotency_digest = 0;
};

struct MessageView {
    MessageId id;
    uint64_t sequence = 0;  // rises with each message of the queue, not by one everywhere
    Instant created_at;
    Duration age{};
    Duration ttl{};
    std::optional<Instant> delayed_until;
    std::optional<ClaimId> claim;
    uint32_t claim_count = 0;
    uint8_t priority = 0;
    std::string group;
    std::string body;  // a JSON value, as text
};

struct MessageList {
    std::vector<MessageView> messages;
    uint64_t next_after = 0;  // where the next page begins: ListMessages::after
    // The queue's default delay is not zero.
    bool has_delay = false;
};

// In the order of posting, of at most one page.
struct ListMessages {
    using Answer = MessageList;

    QueueName queue;
    uint64_t after = 0;  // a sequence, exclusive
    size_t limit = 0;
    std::optional<std::string> hide_client;  // not those that this client posted
    bool include_claimed = false;
    bool include_delayed = false;
};

// Those that there are, in the order of the ids.
struct GetMessages {
    using Answer = MessageList;

    QueueName queue;
    std::vector<MessageId> ids;
};

struct MessagesDeleted {
    uint64_t count = 0;
};

enum class DeleteRule : uint8_t {
    // Whoever knows the id may: claims are ignored.
    any,
    // A claimed message needs its claim, and a claim that is named must hold it.
    // Errors: `forbidden` for a message that another claim holds, or one and none was named;
    // `not_found` with field "claim" for a claim that there is not; `conflict` for a message
    // that is not claimed although a claim was named. What is gone already is no error.
    claim_of_each,
};

// All or nothing. Deleting the last message of a claim ends the claim.
struct DeleteMessages {
    using Answer = MessagesDeleted;

    QueueName queue;
    std::vector<MessageId> ids;
    std::vector<ClaimId> claims;  // with claim_of_each
    DeleteRule rule = DeleteRule::any;
};

// Takes the oldest free messages and deletes them.
struct PopMessages {
    using Answer = MessageList;

    QueueName queue;
    size_t limit = 0;
};

struct MessagesClaimed {
    std::optional<ClaimId> claim;  // nothing when there was no message
    std::vector<MessageView> messages;
    Duration ttl{};
    Instant expires_at;
};

// Parks while there is nothing to claim and `wait` has not passed; those who wait are served in
// the order in which they came. An unknown queue is an empty one.
struct ClaimMessages {
    using Answer = MessagesClaimed;

    QueueName queue;
    size_t limit = 0;
    Duration ttl{};
    Duration grace{};  // a message lives as long as its claim and this
    Duration wait{};   // zero: answered at once
};

struct ClaimView {
    ClaimId id;
    Duration age{};  // since it was created or renewed
    Duration ttl{};
    Instant expires_at;
    std::vector<MessageView> messages;
};

struct GetClaim {
    using Answer = ClaimView;

    QueueName queue;
    ClaimId claim;
};

// Its time begins anew.
struct RenewClaim {
    using Answer = ClaimView;  // without messages

    QueueName queue;
    ClaimId claim;
    Duration ttl{};
    Duration grace{};
};

struct ClaimReleased {
    uint64_t messages = 0;
};

// Its messages are free again, after `delay`. With `counts_as_failure` the claim counts like one
// that expired.
struct ReleaseClaim {
    using Answer = ClaimReleased;

    QueueName queue;
    ClaimId claim;
    Duration delay{};
    bool counts_as_failure = false;
    std::vector<MessageId> only;  // empty: all of them
};

// A durable position of a named reader (consumer group). It takes nothing away from others.
struct QueueCursor {
    std::string reader;
    uint64_t sequence = 0;  // everything up to here was read
    Instant updated_at;
};

struct GetQueueCursor {
    using Answer = QueueCursor;

    QueueName queue;
    std::string reader;
};

struct SetQueueCursor {
    using Answer = QueueCursor;

    QueueName queue;
    std::string reader;
    uint64_t sequence = 0;
    // precondition_failed when it stands elsewhere: two who read for the same group.
    std::optional<uint64_t> if_sequence;
};

struct QueueCursorDeleted {
    bool existed = false;
};

struct DeleteQueueCursor {
    using Answer = QueueCursorDeleted;

    QueueName queue;
    std::string reader;
};

struct QueueCursorList {
    std::vector<QueueCursor> cursors;
};

struct ListQueueCursors {
    using Answer = QueueCursorList;

    QueueName queue;
};

}  // namespace signalbox
