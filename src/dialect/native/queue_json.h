#pragma once

#include <string>
#include <string_view>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "core/queue_commands.h"

// Queues, messages and claims as the native API shows and reads them.

namespace signalbox::native {

void write_queue(JsonWriter& json, const QueueView& view);
// The members of an object that is open already.
void write_stats_members(JsonWriter& json, const QueueStats& stats);
void write_message(JsonWriter& json, const MessageView& view);
// What a post takes, and no more, so that what was exported can be imported. What it is given to
// live is what is left of its ttl.
void write_postable(JsonWriter& json, const MessageView& view, Instant now);

// The settings of a queue; `path` stands in front of their names in errors.
Result<QueueSettings> read_settings(const JsonValue& object, std::string path);
// As write_queue shows them.
std::string settings_json(const QueueSettings& settings);

// RFC 7396: `target` (an object, as text) with what `patch` (an object) says about it.
Result<std::string> merge_patch(std::string_view target, const JsonValue& patch);

// A JSON text on one line. What stands between its tokens may have line ends, its strings do not.
void append_one_line(std::string& out, std::string_view json);

}  // namespace signalbox::native
