#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A request as parsed, and an answer as sent. No I/O, no policy.

namespace signalbox {

enum class HttpMethod : uint8_t { get, head, post, put, patch, erase, options, other };

// Upper case; empty for `other`.
std::string_view http_method_name(HttpMethod method);

struct HttpField {
    std::string_view name;
    std::string_view value;
};

// Views into the parser's memory: valid while the request is being handled, not longer.
struct HttpRequest {
    HttpMethod method = HttpMethod::other;
    std::string_view target;  // as sent, without scheme and host
    std::string_view path;    // up to the '?', still percent-encoded
    std::string_view query;   // behind the '?', still encoded
    std::vector<HttpField> fields;
    std::string_view body;
    bool is_http_1_1 = true;
    bool keep_alive = false;
    bool has_body = false;  // a length or coding was given, be it for an empty body

    // The first field of that name, in any case.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};

struct HttpResponse {
    uint16_t status = 200;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string content_type;  // empty: no body is sent
    std::string body;
};

std::string_view http_reason(uint16_t status);

// How the end of a body is told.
enum class HttpFraming : uint8_t {
    length,       // Content-Length
    chunked,      // chunks, then append_last_chunk
    until_close,  // by closing the connection
    none,         // no body by rule: 204, 304 and answers to HEAD (with the length they would have)
    upgrade,      // what follows is another protocol
};

// Everything up to and including the empty line. `date` is the value of the Date field.
// `bytes_elsewhere`: of a body that is not in `response`.
void append_response_head(std::string& out, const HttpResponse& response, HttpFraming framing,
                          bool keep_alive, std::string_view date, size_t bytes_elsewhere = 0);
// What stands in front of and behind the bytes of a chunk. An empty chunk would be the end.
void append_chunk_size(std::string& out, size_t bytes);
inline constexpr std::string_view chunk_end = "\r\n";
void append_last_chunk(std::string& out);

bool equals_ignoring_case(std::string_view a, std::string_view b);

// Whether a field may be called so, or say that: nothing in it ends it and begins something else.
bool is_field_name(std::string_view name);
bool is_field_value(std::string_view value);
// Fields that say how a message is sent and not what it is. Whoever sends it sets them, and never
// who only says what is to be sent.
bool is_transport_field(std::string_view name);

}  // namespace signalbox
