#pragma once

#include <string_view>

#include "base/limits.h"
#include "core/queue_commands.h"

// What queues, messages and claims must be like, whoever asks.

namespace signalbox {

// 1 to name_bytes_max of A-Z a-z 0-9 _ . -
Result<void> check_queue_name(std::string_view name, const QueueLimits& limits);
Result<void> check_settings(const QueueSettings& settings, std::string_view metadata,
                            const QueueLimits& limits);
Result<void> check_messages(const PostMessages& command, const QueueLimits& limits);
Result<void> check_claim_times(Duration ttl, Duration grace, const QueueLimits& limits);
// Of how many things a command may be about.
Result<void> check_count(size_t count, size_t max, std::string_view field);
// 1 to 255 bytes.
Result<void> check_reader_name(std::string_view reader);

}  // namespace signalbox
