#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signalbox::client {

// One event of a stream, as the WHATWG's "server-sent events" have it.
struct SseEvent {
    std::string id;  // the stream's last one, if the event has none of its own
    std::string name;
    std::string data;
};

// Bytes to events, however they are cut.
class SseParser {
public:
    // Calls on_event(SseEvent&&) for each whole event until it returns false; false then too.
    // What is behind that event is forgotten.
    template <class OnEvent>
    bool feed(std::string_view bytes, const OnEvent& on_event) {
        input_ += bytes;
        while (auto line = take_line()) {
            if (!line->empty()) {
                take_field(*line);
                continue;
            }
            if (auto event = take_event()) {
                if (!on_event(std::move(*event))) return false;
            }
        }
        input_.erase(0, at_);
        at_ = 0;
        return true;
    }

private:
    std::optional<std::string> take_line();
    void take_field(std::string_view line);
    std::optional<SseEvent> take_event();

    std::string input_;
    size_t at_ = 0;  // where the next line begins
    bool skip_line_feed_ = false;
    std::string last_id_;
    std::string name_;
    std::string data_;
    bool has_data_ = false;
};

}  // namespace signalbox::client
