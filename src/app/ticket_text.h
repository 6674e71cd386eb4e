#pragma once

#include <string>
#include <vector>

#include "app/table.h"
#include "signalbox/client/client.h"

// Tickets and lines as a person reads them.

namespace signalbox {

// "vm/a" on no server in particular, else "<server>/vm/a".
std::string resource_text(const client::Resource& resource);

std::string tickets_table(const std::vector<client::Ticket>& tickets, Instant now,
                          size_t columns = 0);
std::string lines_table(const std::vector<client::Line>& lines, Instant now, size_t columns = 0);
std::string ticket_fields(const client::Ticket& ticket, Instant now);
std::string line_fields(const client::Line& line, Instant now);

// "2 ahead, about 40s": where a queued ticket stands.
std::string place_text(const client::Ticket& ticket);

Instant wall_time();

}  // namespace signalbox
