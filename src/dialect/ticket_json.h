#pragma once

#include "codec/json_writer.h"
#include "core/ticket_commands.h"

namespace signalbox {

// A ticket as CNAPI's clients know it, with what Signalbox adds behind it: token, place,
// reason. Every member of the original has the original's name and form.
void write_triton_ticket(JsonWriter& json, const TicketView& view);

// A ticket with everything that is known of it.
void write_ticket(JsonWriter& json, const TicketView& view);

void write_line(JsonWriter& json, const LineView& view);

}  // namespace signalbox
