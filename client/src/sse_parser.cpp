#include "sse_parser.h"

namespace signalbox::client {

// Lines end with LF, CR or both; the LF of both may come with the next bytes.
std::optional<std::string> SseParser::take_line() {
    if (skip_line_feed_ && at_ < input_.size()) {
        if (input_[at_] == '\n') ++at_;
        skip_line_feed_ = false;
    }
    const size_t end = input_.find_first_of("\r\n", at_);
    if (end == std::string::npos) return std::nullopt;
    skip_line_feed_ = input_[end] == '\r';
    std::string line = input_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
}

void SseParser::take_field(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == 0) return;  // a comment
    const auto field = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") {
        if (has_data_) data_ += '\n';
        data_ += value;
        has_data_ = true;
    } else if (field == "event") {
        name_ = value;
    } else if (field == "id" && value.find('\0') == std::string_view::npos) {
        last_id_ = value;
    }
    // "retry" is of no use here: this client's pauses are its own.
}

std::optional<SseEvent> SseParser::take_event() {
    std::optional<SseEvent> event;
    if (has_data_) event = SseEvent{last_id_, std::move(name_), std::move(data_)};
    name_.clear();
    data_.clear();
    has_data_ = false;
    return event;
}

}  // namespace signalbox::client
