#pragma once

#include <string>
#include <string_view>

namespace signalbox::bench {

// Cuts an event stream into its events.
class EventReader {
public:
    struct Event {
        std::string_view name;
        std::string_view data;
    };

    // Calls visit(Event) for each event that is whole now. The views live during the call.
    template <class Visit>
    void read(std::string_view piece, const Visit& visit) {
        buffer_ += piece;
        size_t at = 0;
        for (size_t end = 0; (end = buffer_.find("\n\n", at)) != std::string::npos; at = end + 2) {
            const Event event = parse(std::string_view(buffer_).substr(at, end - at));
            if (!event.name.empty()) visit(event);
        }
        buffer_.erase(0, at);
    }

private:
    static Event parse(std::string_view text);

    std::string buffer_;
};

}  // namespace signalbox::bench
