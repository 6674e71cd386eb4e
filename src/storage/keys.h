#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"

// Keys of the store: one byte that names the table, then parts that sort as their values do.
// docs/formats.md lists the parts of each table.

namespace signalbox {

// The first byte of every key. On disk: values never change and are never used again.
enum class Table : uint8_t {
    applied = 'A',           // the revision that the store has reached; written by the store
    tenant = 'n',            // name -> id
    counter = 'c',           // numbers that a partition has given out
    ticket_live = 'T',       // queued and active tickets, by server and sequence
    ticket_ended = 'E',      // finished, expired and deleted ones, likewise
    ticket_elsewhere = 'e',  // further servers of a ticket on several resources
    ticket_by_uuid = 'U',    // where the row of an ended ticket is
    ticket_ended_at = 'G',   // ended tickets by age
    ticket_history = 'H',    // each transition of a ticket
    line_settings = 'L',     // slots, pause and drain of a line
    session = 's',
    idempotency = 'I',      // what a client's key stands for
    idempotency_age = 'i',  // those keys by age
    queue = 'Q',             // by kind and name
    queue_by_number = 'D',   // which one has that number
    queue_counters = 'q',    // what changes with its messages
    message = 'm',           // by queue, lane and sequence
    message_expiry = 'x',    // those that end before one that was posted before them
    message_delay = 'y',     // those that cannot be had yet, by the time at which they can
    message_moved = 'M',     // those that kept the id they had in another queue
    claim = 'C',             // and the messages that it holds
    queue_cursor = 'R',      // how far a reader has come
    tenant_usage = 'u',      // what a tenant has in queues
    kv_entry = 'k',         // a key of the registry and its value
    kv_lock = 'l',          // which keys a session holds
    kv_lock_delay = 'j',    // keys that nobody can take yet after their holder has ended
    kv_grave = 'g',         // when a key was deleted, so that a prefix's index moves on
    kv_grave_age = 'a',     // graves by age
    kv_tenant = 'J',        // of all keys of a tenant: index, floor, number
    node = 'N',             // of the registry, by name
    service = 'r',          // an instance, by node and id
    service_by_name = 'b',  // which instances have that name
    check = 'h',            // by node and id
    registry_index = 'v',   // the last change of something in the registry, by what it is
    outbox = 'O',            // of a queue that has subscriptions: its number
    subscription = 'S',      // by outbox
    delivery = 'd',          // how far the outbox was carried out for a subscription
    notification = 'o',      // a message, for those who subscribed to its queue; by sequence
    pool = 'P',             // of queues, by name
    flavor = 'V',           // by project and name
    token = 'K',            // credentials, by the hash of the secret
    token_by_id = 'W',      // what they stand for, by id; and by the time at which they expire
    item_type = 'Y',        // what items of a collection have in common; and by path
    item = 'B',             // of a collection, by type and id
    item_count = 'X',       // how many there are of a type
    operation = 'p',        // by number
    operation_index = 'w',  // by id; those that have not ended; and by the time to forget them
    event = 'F',            // the feed, by revision
    event_mark = 'f',       // every 1,024 events: how many and when
};

// Builds a key part by part: KeyBuilder(Table::session).tenant(id).uuid(session).take().
class KeyBuilder {
public:
    explicit KeyBuilder(Table table) { put_u8(key_, static_cast<uint8_t>(table)); }

    KeyBuilder& u8(uint8_t value) {
        put_u8(key_, value);
        return *this;
    }
    KeyBuilder& tenant(TenantId id) {
        put_u32_be(key_, id.value);
        return *this;
    }
    KeyBuilder& u64(uint64_t value) {
        put_u64_be(key_, value);
        return *this;
    }
    // Sorts by time; what was before 1970 sorts as 1970.
    KeyBuilder& instant(Instant at) { return u64(sortable(at)); }
    static uint64_t sortable(Instant at) {
        return static_cast<uint64_t>(std::max<int64_t>(at.time_since_epoch().count(), 0));
    }
    KeyBuilder& uuid(const Uuid& uuid) {
        key_ += uuid.raw();
        return *this;
    }
    // Text in the middle of a key: sorts bytewise, and "a" before "ab". NUL is written as
    // 00 ff and the end as 00 01, so that any bytes may be in it.
    KeyBuilder& text(std::string_view text);
    // Text at the end of a key, as it is.
    KeyBuilder& tail(std::string_view text) {
        key_ += text;
        return *this;
    }
    [[nodiscard]] std::string take() { return std::move(key_); }

private:
    std::string key_;
};

// The first key after all that begin with `prefix`. `prefix` is not all ff.
std::string prefix_end(std::string_view prefix);

// Reads back what KeyBuilder::text wrote. False when it is not well-formed.
bool read_key_text(ByteReader& reader, std::string& out);

}  // namespace signalbox
