#include "codec/sse.h"

namespace signalbox {
namespace {

void append_line(std::string& out, std::string_view field, std::string_view value) {
    out += field;
    out += ": ";
    out += value;
    out.push_back('\n');
}

}  // namespace

void append_sse_event(std::string& out, std::string_view id, std::string_view name,
                      std::string_view data) {
    if (!id.empty()) append_line(out, "id", id);
    if (!name.empty()) append_line(out, "event", name);
    // A CR, an LF or both end a line; each becomes a line of its own.
    for (;;) {
        const size_t end = data.find_first_of("\r\n");
        append_line(out, "data", data.substr(0, end));
        if (end == std::string_view::npos) break;
        const bool both = data.substr(end).starts_with("\r\n");
        data.remove_prefix(end + (both ? 2 : 1));
    }
    out.push_back('\n');
}

void append_sse_comment(std::string& out, std::string_view text) {
    out += ": ";
    out += text;
    out += "\n\n";
}

}  // namespace signalbox
