#pragma once

#include <string>
#include <vector>

#include "app/table.h"
#include "signalbox/client/client.h"

// Queues and messages as a person reads them.

namespace signalbox {

std::string queues_table(const std::vector<client::Queue>& queues, Instant now);
std::string queue_fields(const client::Queue& queue, Instant now);
std::string stats_fields(const client::QueueStats& stats);
std::string messages_table(const std::vector<client::Message>& messages, Instant now);

// "1,234,567"
std::string grouped(uint64_t number);
// "1.5 MiB"
std::string size_text(uint64_t bytes);

}  // namespace signalbox
