#include "bench/load/event_reader.h"

#include <algorithm>

namespace signalbox::bench {

EventReader::Event EventReader::parse(std::string_view text) {
    Event event;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with("event: ")) event.name = line.substr(7);
        if (line.starts_with("data: ")) event.data = line.substr(6);
    }
    return event;
}

}  // namespace signalbox::bench
