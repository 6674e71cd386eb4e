#include "bench/load/response_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace signalbox::bench {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr size_t status_line_bytes = std::string_view("HTTP/1.1 200").size();

std::optional<size_t> read_number(std::string_view text, int base) {
    size_t number = 0;
    const auto [stopped, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || stopped == text.data()) return std::nullopt;
    return number;
}

// `lower` is in lower case.
bool is_named(std::string_view name, std::string_view lower) {
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
    });
}

}  // namespace

ResponseReader::Progress ResponseReader::read(std::string_view bytes) {
    return state_ == State::head ? read_head(bytes) : read_chunks(bytes);
}

bool ResponseReader::read_fields(std::string_view fields) {
    content_length_ = 0;
    is_chunked_ = false;
    is_event_stream_ = false;
    while (!fields.empty()) {
        const auto line = fields.substr(0, fields.find(line_end));
        fields.remove_prefix(std::min(fields.size(), line.size() + line_end.size()));
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos) return false;
        const auto name = line.substr(0, colon);
        auto value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (is_named(name, "content-length")) {
            const auto length = read_number(value, 10);
            if (!length) return false;
            content_length_ = *length;
        } else if (is_named(name, "transfer-encoding")) {
            is_chunked_ = value == "chunked";
        } else if (is_named(name, "content-type")) {
            is_event_stream_ = value.starts_with("text/event-stream");
        }
    }
    return true;
}

ResponseReader::Progress ResponseReader::read_head(std::string_view bytes) {
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return {};
    if (end < status_line_bytes || !bytes.starts_with("HTTP/1.1 ")) return {Step::malformed, 0};
    const auto status = read_number(bytes.substr(9, 3), 10);
    const size_t first_line = bytes.find(line_end);
    const auto fields = bytes.substr(std::min(first_line + line_end.size(), end),
                                     end - std::min(first_line + line_end.size(), end));
    if (!status || !read_fields(fields)) return {Step::malformed, 0};
    status_ = static_cast<uint16_t>(*status);
    const size_t head_bytes = end + 2 * line_end.size();
    // An interim answer is followed by the real one.
    if (status_ < 200) {
        auto progress = read_head(bytes.substr(head_bytes));
        if (progress.step != Step::need_more) progress.consumed += head_bytes;
        return progress;
    }
    if (is_chunked_) {
        chunks_.clear();
        state_ = State::chunk_size;
        auto progress = read_chunks(bytes.substr(head_bytes));
        progress.consumed += head_bytes;
        return progress;
    }
    const bool has_body = status_ != 204 && status_ != 304;
    const size_t length = has_body ? content_length_ : 0;
    if (bytes.size() - head_bytes < length) return {};
    body_ = bytes.substr(head_bytes, length);
    return {Step::complete, head_bytes + length};
}

ResponseReader::Progress ResponseReader::read_chunks(std::string_view bytes) {
    size_t at = 0;
    for (;;) {
        const auto rest = bytes.substr(at);
        if (state_ == State::chunk_data) {
            const auto data = rest.substr(0, chunk_left_);
            if (data.empty()) return {Step::need_more, at};
            at += data.size();
            chunk_left_ -= data.size();
            if (chunk_left_ == 0) state_ = State::chunk_end;
            if (is_event_stream_) {
                body_ = data;
                return {Step::piece, at};
            }
            chunks_ += data;
            continue;
        }
        const size_t end = rest.find(line_end);
        if (end == std::string_view::npos) return {Step::need_more, at};
        at += end + line_end.size();
        if (state_ == State::chunk_end) {
            state_ = State::chunk_size;
        } else if (state_ == State::chunk_size) {
            const auto size = read_number(rest.substr(0, end), 16);
            if (!size) return {Step::malformed, at};
            chunk_left_ = *size;
            state_ = *size == 0 ? State::last_line : State::chunk_data;
        } else {
            state_ = State::head;
            body_ = chunks_;
            return {Step::complete, at};
        }
    }
}

}  // namespace signalbox::bench
