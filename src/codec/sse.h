#pragma once

#include <string>
#include <string_view>

// Server-sent events, as a browser's EventSource reads them.

namespace signalbox {

inline constexpr std::string_view sse_content_type = "text/event-stream";

// One event; an empty id or name is left out. Data may hold line ends of any kind.
void append_sse_event(std::string& out, std::string_view id, std::string_view name,
                      std::string_view data);
// A line that readers pass over; shows both ends that the other is alive.
void append_sse_comment(std::string& out, std::string_view text);

}  // namespace signalbox
