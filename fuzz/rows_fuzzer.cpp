#include "base/bytes.h"
#include "core/collection_rows.h"
#include "core/event.h"
#include "core/index_rows.h"
#include "core/kv_rows.h"
#include "core/operation_rows.h"
#include "core/pools.h"
#include "core/queue_rows.h"
#include "core/registry_rows.h"
#include "core/session.h"
#include "core/ticket.h"
#include "core/tokens.h"
#include "fuzz/fuzzing.h"
#include "storage/keys.h"

// Any bytes as rows of the store: a string for the key, the rest is the value.

namespace signalbox {
namespace {

void fuzz_queue(std::string_view value) {
    if (const auto row = decode_queue(value)) {
        const auto written = encode_queue(*row);
        const auto again = decode_queue(written);
        ASSERT(again && again->settings == row->settings && again->metadata == row->metadata);
        ASSERT(encode_queue(*again) == written);
    }
    if (const auto key = decode_queue_key(value)) {
        const auto again = decode_queue_key(encode_queue_key(*key));
        ASSERT(again && *again == *key);
    }
    Queue queue{QueueKey{}};
    if (decode_counters(value, queue)) {
        const auto written = encode_counters(queue);
        Queue again{QueueKey{}};
        ASSERT(decode_counters(written, again));
        ASSERT(encode_counters(again) == written);
    }
}

void fuzz_message(std::string_view value) {
    const auto row = decode_message(value);
    if (!row) return;
    std::string written;
    encode_message(*row, written);
    const auto again = decode_message(written);
    ASSERT(again && again->body == row->body && again->group == row->group);
    ASSERT(again->expires_at == row->expires_at && again->delayed_until == row->delayed_until);
    ASSERT(again->client == row->client && again->claim_count == row->claim_count);
    ASSERT(again->seal == row->seal && again->body_bytes() == row->body_bytes());
    ASSERT(again->moved_id == row->moved_id && again->is_plain() == row->is_plain());
}

void fuzz_claim(std::string_view key, std::string_view value) {
    if (const auto claim = decode_claim(value)) {
        const auto written = encode_claim(*claim);
        const auto again = decode_claim(written);
        ASSERT(again && again->taken.size() == claim->taken.size());
        ASSERT(encode_claim(*again) == written);
    }
    if (const auto place = claim_place_of_key(key)) {
        const auto again = claim_place_of_key(claim_key(place->queue, place->id));
        ASSERT(again && again->id == place->id && again->queue == place->queue);
    }
    if (const auto cursor = decode_queue_cursor(key, value)) {
        const auto again = decode_queue_cursor(cursor_key(QueueNumber(1), cursor->reader),
                                               encode_queue_cursor(*cursor));
        ASSERT(again && again->reader == cursor->reader && again->sequence == cursor->sequence);
    }
}

void fuzz_places(std::string_view key, std::string_view value) {
    if (const auto place = message_place_of_key(key)) {
        ASSERT(message_place_of_key(message_key(QueueNumber(1), *place)) == place);
    }
    if (const auto place = decode_place(value)) {
        ASSERT(decode_place(encode_place(*place)) == place);
    }
    static_cast<void>(timed_place_of_key(key));
    if (value.size() == sizeof(MessageId)) {
        const auto id = MessageId::from_raw(value);
        const auto place = message_place(QueueNumber(1), id);
        if (place) ASSERT(message_id(QueueNumber(1), *place) == id);
    }
}

template <class Record, class Encode, class Decode>
void fuzz_record(const std::optional<Record>& record, std::string_view key, Encode encode,
                 Decode decode) {
    if (!record) return;
    const std::string row = encode(*record);
    const auto again = decode(key, row);
    ASSERT(again && encode(*again) == row);
}

void fuzz_registry(std::string_view key, std::string_view value) {
    fuzz_record(decode_kv_entry(key, value), key, encode_kv_entry, decode_kv_entry);
    fuzz_record(decode_node(key, value), key, encode_node, decode_node);
    fuzz_record(decode_service(key, value), key, encode_service, decode_service);
    fuzz_record(decode_check(key, value), key, encode_check, decode_check);
    if (const auto tenant = decode_kv_tenant(value)) {
        ASSERT(decode_kv_tenant(encode_kv_tenant(*tenant))->entries == tenant->entries);
    }
    if (const auto revision = decode_index(value)) {
        ASSERT(decode_index(encode_index(*revision)) == revision);
    }
    if (const auto place = decode_service_by_name(key)) ASSERT(place->name.size() < key.size());
    if (const auto delay = decode_kv_lock_delay(key, value)) {
        ASSERT(decode_kv_lock_delay(key, encode_kv_lock_delay(delay->delay))->delay ==
               delay->delay);
    }
    if (const auto grave = decode_kv_grave_age(key, value)) {
        ASSERT(kv_grave_age_key(grave->revision, grave->tenant, grave->key).size() == key.size());
    }
    if (const auto session = decode_session(key, value)) ASSERT(session->id.raw().size() == 16);
}

}  // namespace

void fuzz_one(std::string_view input) {
    ByteReader reader(input);
    const auto key = reader.bytes();
    const auto value = reader.rest();

    if (const auto view = decode_ticket(key, value)) {
        const auto& record = view->record;
        const auto fields = record.details->fields();
        ASSERT(TicketDetails::decode(TicketDetails::make(fields)->bytes()));
        static_cast<void>(record.details->ttl());
        static_cast<void>(record.details->hold_max());
        const auto row = encode_ticket(record, view->reason);
        const auto again =
            decode_ticket(ticket_row_key(Table::ticket_live, record.line->tenant,
                                         record.line->resource.server, record.sequence),
                          row);
        ASSERT(again);
        ASSERT(again->record.uuid == record.uuid && again->record.sequence == record.sequence);
        ASSERT(*again->record.line == *record.line && again->reason == view->reason);
        ASSERT(encode_ticket(again->record, again->reason) == row);
    }
    if (const auto events = decode_events(key, value)) {
        const auto again = decode_events(key, encode_events(*events));
        ASSERT(again && again->size() == events->size());
        ASSERT(encode_events(*again) == encode_events(*events));
    }
    fuzz_queue(value);
    fuzz_message(value);
    fuzz_claim(key, value);
    fuzz_places(key, value);
    if (const auto pool = decode_pool(key, value)) {
        const auto row = encode_pool(*pool);
        const auto again = decode_pool(key, row);
        ASSERT(again && encode_pool(*again) == row && again->name == pool->name);
    }
    fuzz_registry(key, value);
    if (const auto flavor = decode_flavor(key, value)) ASSERT(flavor->name.size() < key.size());
    if (const auto token = decode_token(key, value)) {
        const auto again = decode_token(key, encode_token(*token));
        ASSERT(again && *again == *token);
    }
    if (const auto type = decode_item_type(key, value)) {
        const auto again = decode_item_type(key, encode_item_type(*type));
        ASSERT(again && *again == *type);
    }
    if (const auto item = decode_item(key, value)) {
        const auto again = decode_item(key, encode_item(*item));
        ASSERT(again && *again == *item);
    }
    if (const auto operation = decode_operation(key, value)) {
        const auto again = decode_operation(key, encode_operation(*operation));
        ASSERT(again && *again == *operation);
    }
    static_cast<void>(decode_operation_live_key(key));
    static_cast<void>(decode_operation_forget_key(key));
    std::string text;
    ByteReader key_reader(input);
    if (read_key_text(key_reader, text)) {
        const auto again = KeyBuilder(Table::line_settings).text(text).take();
        ASSERT(input.starts_with(std::string_view(again).substr(1)));
    }
}

}  // namespace signalbox
