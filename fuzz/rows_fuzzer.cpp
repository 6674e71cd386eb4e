#include "base/bytes.h"
#include "core/event.h"
#include "core/ticket.h"
#include "core/tokens.h"
#include "fuzz/fuzzing.h"
#include "storage/keys.h"

// Any bytes as rows of the store: a string for the key, the rest is the value.

namespace signalbox {

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
    if (const auto token = decode_token(key, value)) {
        const auto again = decode_token(key, encode_token(*token));
        ASSERT(again && *again == *token);
    }
    std::string text;
    ByteReader key_reader(input);
    if (read_key_text(key_reader, text)) {
        const auto again = KeyBuilder(Table::line_settings).text(text).take();
        ASSERT(input.starts_with(std::string_view(again).substr(1)));
    }
}

}  // namespace signalbox
