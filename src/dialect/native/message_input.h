#pragma once

#include <string_view>
#include <vector>

#include "core/queue_commands.h"
#include "dialect/native/native_call.h"

// The messages of a request that posts, in any of the forms that the native API takes.

namespace signalbox::native {

// Of a JSON text: one message, or {"messages": [...]}.
Result<std::vector<NewMessage>> read_messages(const JsonValue& root, size_t count_max);

enum class LineForm : uint8_t {
    body,    // a line is the body of a message
    message  // a line is a message, as in JSON
};
// Of a text with one JSON value a line; empty lines do not count. `common` is what all messages
// of bodies have.
Result<std::vector<NewMessage>> read_message_lines(std::string_view text, LineForm form,
                                                   const NewMessage& common, size_t count_max);

// What bodies have in common, from the query: ttl, delay, deliver_at, group, priority.
Result<NewMessage> read_common(Parameters& query);

}  // namespace signalbox::native
