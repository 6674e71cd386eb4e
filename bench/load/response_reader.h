#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace signalbox::bench {

// Reads the responses of one keep-alive connection: status, Content-Length, chunks. An event
// stream never ends, so its bytes are handed out as they come. Knows no more of HTTP than a
// well-behaved server needs.
class ResponseReader {
public:
    enum class Step : uint8_t {
        need_more,  // what is left must be given again, with more behind it
        complete,   // status() and body() are those of a response, until the next read()
        piece,      // body() is the next piece of an event stream
        malformed,
    };
    struct Progress {
        Step step = Step::need_more;
        size_t consumed = 0;
    };

    Progress read(std::string_view bytes);

    [[nodiscard]] uint16_t status() const { return status_; }
    [[nodiscard]] std::string_view body() const { return body_; }
    [[nodiscard]] bool is_event_stream() const { return is_event_stream_; }

private:
    enum class State : uint8_t { head, chunk_size, chunk_data, chunk_end, last_line };

    Progress read_head(std::string_view bytes);
    Progress read_chunks(std::string_view bytes);
    [[nodiscard]] bool read_fields(std::string_view fields);

    State state_ = State::head;
    uint16_t status_ = 0;
    bool is_chunked_ = false;
    bool is_event_stream_ = false;
    size_t content_length_ = 0;
    size_t chunk_left_ = 0;
    std::string chunks_;     // of a chunked body that is not a stream
    std::string_view body_;  // into chunks_, or into the bytes of the last read()
};

}  // namespace signalbox::bench
