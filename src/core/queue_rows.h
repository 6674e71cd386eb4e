#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "codec/body_cipher.h"
#include "core/queue.h"
#include "storage/keys.h"
#include "storage/store.h"

// The rows of queues, messages and claims, and their keys (docs/formats.md, "Queues").

namespace signalbox {

struct QueueRow {
    QueueNumber number;
    Instant created_at;
    uint64_t version = 1;
    QueueSettings settings;
    std::string metadata;  // a JSON object
};

std::string queue_row_prefix(TenantId tenant, QueueKind kind);
std::string queue_row_key(const QueueKey& key);
std::string encode_queue(const QueueRow& row);
std::optional<QueueRow> decode_queue(std::string_view value);

std::string queue_number_key(QueueNumber number);
std::string encode_queue_key(const QueueKey& key);
std::optional<QueueKey> decode_queue_key(std::string_view value);

// Lanes, counts and the next sequence.
std::string queue_counters_key(QueueNumber number);
std::string encode_counters(const Queue& queue);
bool decode_counters(std::string_view value, Queue& queue);

// Fields of a message that are the same wherever it goes.
struct MessageRow {
    Instant created_at;
    Duration ttl{};
    Instant expires_at;  // after created_at + ttl when a claim made it live longer
    std::optional<Instant> delayed_until;
    uint32_t claim_count = 0;
    bool has_expiry_row = false;
    std::optional<MessageId> moved_id;  // the id that it brought along
    std::string_view client;
    std::string_view group;
    std::optional<BodySeal> seal;  // what the body is encrypted with, if it is
    std::string_view body;

    // Nothing beside this row tells of it.
    [[nodiscard]] bool is_plain() const { return !has_expiry_row && !moved_id && !delayed_until; }
    // Of the body as it was posted, which is what is counted everywhere.
    [[nodiscard]] uint64_t body_bytes() const {
        return seal ? body.size() - BodyCipher::tag_bytes : body.size();
    }
};

void put_seal(std::string& out, const BodySeal& seal);
BodySeal read_seal(ByteReader& reader);

std::string message_key(QueueNumber queue, MessagePlace place);
std::optional<MessagePlace> message_place_of_key(std::string_view key);
void encode_message(const MessageRow& row, std::string& out);
// The views point into `value`.
std::optional<MessageRow> decode_message(std::string_view value);

// A message's row without its body, for whoever decides about many at a time.
class MessageHead {
public:
    // `row` is what `encoded` says.
    MessageHead(std::string_view encoded, const MessageRow& row)
        : head_(encoded.substr(0, encoded.size() - row.body_bytes())),
          body_bytes_(row.body_bytes()) {}

    // Its body is empty, but for what seals it. The views point into this.
    [[nodiscard]] MessageRow row() const { return *decode_message(head_); }
    [[nodiscard]] uint64_t body_bytes() const { return body_bytes_; }

private:
    std::string head_;
    uint64_t body_bytes_;
};

// Tells the queue, so that an id is of no use elsewhere.
MessageId message_id(QueueNumber queue, MessagePlace place);
// Nothing when that queue has given out no such id.
std::optional<MessagePlace> message_place(QueueNumber queue, const MessageId& id);

// Index rows: the place is in the key, the value is empty.
std::string timed_key(Table table, QueueNumber queue, Instant at, MessagePlace place);
struct TimedPlace {
    Instant at;
    MessagePlace place;
};
std::optional<TimedPlace> timed_place_of_key(std::string_view key);

std::string moved_key(QueueNumber queue, const MessageId& id);
std::string encode_place(MessagePlace place);
std::optional<MessagePlace> decode_place(std::string_view value);

std::string claim_key(QueueNumber queue, const ClaimId& id);
std::string encode_claim(const Claim& claim);
// Without the queue.
std::unique_ptr<Claim> decode_claim(std::string_view value);
// The queue and id of a claim's row.
struct ClaimPlace {
    QueueNumber queue;
    ClaimId id;
};
std::optional<ClaimPlace> claim_place_of_key(std::string_view key);

std::string cursor_key(QueueNumber queue, std::string_view reader);

std::string encode_queue_cursor(const QueueCursor& cursor);
std::optional<QueueCursor> decode_queue_cursor(std::string_view key, std::string_view value);

// [lower, upper) of everything that a queue has in a table.
struct KeyRange {
    std::string lower;
    std::string upper;
};
KeyRange queue_range(Table table, QueueNumber queue);

}  // namespace signalbox
