#include "codec/http1.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <string>

#include "base/assert.h"

namespace signalbox {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr size_t body_kept_bytes = 64u << 10;
constexpr size_t method_bytes_max = 32;
// "0", and two line ends: every chunked body ends so.
constexpr size_t last_chunk_bytes_min = 5;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

HttpMethod method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get: return HttpMethod::get;
        case http::verb::head: return HttpMethod::head;
        case http::verb::post: return HttpMethod::post;
        case http::verb::put: return HttpMethod::put;
        case http::verb::patch: return HttpMethod::patch;
        case http::verb::delete_: return HttpMethod::erase;
        case http::verb::options: return HttpMethod::options;
        default: return HttpMethod::other;
    }
}

// "http://host/path" is the form that proxies use; the path is what counts here.
std::string_view strip_authority(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    if (!target.starts_with(scheme)) return target;
    // A query without a path is left as it is, for the guard to refuse.
    const size_t end = target.find_first_of("/?", scheme.size());
    return end == std::string_view::npos ? std::string_view("/") : target.substr(end);
}

constexpr HttpRefusal malformed{400, "this is not a well-formed HTTP/1.1 request"};

// A version of HTTP that is not ours, rather than a request line that is not well-formed.
bool asks_for_other_version(std::string_view raw_head) {
    const auto line = raw_head.substr(0, raw_head.find("\r\n"));
    const size_t first = line.find(' ');
    const size_t second = line.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return false;
    const auto version = line.substr(second + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
           version[6] == '.' && is_digit(version[7]) && version != "HTTP/1.0" &&
           version != "HTTP/1.1";
}

// The second word, of a head that may be anything.
std::string_view path_in(std::string_view raw_head) {
    raw_head.remove_prefix(std::min(raw_head.find_first_not_of("\r\n"), raw_head.size()));
    const auto line = raw_head.substr(0, raw_head.find_first_of("\r\n"));
    const size_t start = line.find(' ');
    if (start == std::string_view::npos) return {};
    const auto target = line.substr(start + 1, line.find(' ', start + 1) - start - 1);
    return target.substr(0, target.find('?'));
}

HttpRefusal refusal_of(const beast::error_code& error, std::string_view raw_head) {
    if (error == http::error::body_limit) return {413, "the body is too large"};
    if (error == http::error::header_limit) return {431, "the header is too large"};
    if (error == http::error::bad_version && asks_for_other_version(raw_head)) {
        return {505, "only HTTP/1.0 and HTTP/1.1 are spoken"};
    }
    return malformed;
}

// A CR without its LF, or the other way round. A CR at the very end may get its LF yet.
bool has_bare_line_end(std::string_view text) {
    for (size_t at = text.find_first_of("\r\n"); at != std::string_view::npos;
         at = text.find_first_of("\r\n", at + 2)) {
        if (at + 1 == text.size()) return text[at] == '\n';
        if (text.substr(at, 2) != "\r\n") return true;
    }
    return false;
}

// What Beast reports of one request, kept in memory of our own: its views end with each call.
struct Parts {
    std::string head;  // target, then names and values
    std::string body;
    HttpRequest request;
    std::string_view raw_head;  // during a call only
    bool head_done = false;
    bool is_complete = false;
    std::optional<HttpRefusal> refusal;

    void clear() {
        head.clear();
        if (body.capacity() > body_kept_bytes) {
            std::string().swap(body);
        } else {
            body.clear();
        }
        request = HttpRequest();
        head_done = false;
        is_complete = false;
        refusal.reset();
    }

    // `head` was given its whole capacity before, so views into it stay valid.
    std::string_view keep(std::string_view text) {
        ASSERT(head.size() + text.size() <= head.capacity());
        const size_t start = head.size();
        head += text;
        return std::string_view(head).substr(start);
    }
};

class BeastParser : public http::basic_parser<true> {
public:
    BeastParser(Parts& parts, const HttpLimits& limits) : parts_(parts), limits_(limits) {
        eager(true);
        header_limit(static_cast<uint32_t>(limits.head_bytes_max));
        body_limit(limits.body_bytes_max);
    }

private:
    void on_request_impl(http::verb verb, beast::string_view /*name*/, beast::string_view target,
                         int version, beast::error_code& /*error*/) override {
        auto& request = parts_.request;
        request.method = method_of(verb);
        request.target = strip_authority(parts_.keep(view(target)));
        const size_t mark = request.target.find('?');
        request.path = request.target.substr(0, mark);
        if (mark != std::string_view::npos) request.query = request.target.substr(mark + 1);
        request.is_http_1_1 = version == 11;
    }
    void on_response_impl(int /*code*/, beast::string_view /*reason*/, int /*version*/,
                          beast::error_code& /*error*/) override {
        ASSERT(false);
    }
    void on_field_impl(http::field /*field*/, beast::string_view name, beast::string_view value,
                       beast::error_code& error) override {
        if (parts_.head_done) return;  // a trailer: nobody asks for those
        if (parts_.request.fields.size() > limits_.fields_max) {
            parts_.refusal = HttpRefusal{431, "too many header fields"};
            error = http::error::header_limit;
            return;
        }
        const auto kept_name = parts_.keep(view(name));
        parts_.request.fields.push_back({kept_name, parts_.keep(view(value))});
    }
    void on_header_impl(beast::error_code& error) override {
        parts_.head_done = true;
        parts_.request.keep_alive = keep_alive();
        parts_.request.has_body = chunked() || content_length().has_value();
        parts_.refusal = guard_request(parts_.request, parts_.raw_head, limits_);
        if (parts_.refusal) error = http::error::bad_field;
    }
    void on_body_init_impl(const boost::optional<uint64_t>& content_length,
                           beast::error_code& /*error*/) override {
        // Trusted only up to a point: the bytes have not come yet.
        if (content_length) {
            parts_.body.reserve(std::min<uint64_t>(*content_length, body_kept_bytes));
        }
    }
    std::size_t on_body_impl(beast::string_view body, beast::error_code& /*error*/) override {
        parts_.body += view(body);
        return body.size();
    }
    void on_chunk_header_impl(uint64_t /*size*/, beast::string_view /*extensions*/,
                              beast::error_code& /*error*/) override {}
    std::size_t on_chunk_body_impl(uint64_t /*remain*/, beast::string_view body,
                                   beast::error_code& /*error*/) override {
        parts_.body += view(body);
        return body.size();
    }
    void on_finish_impl(beast::error_code& /*error*/) override { parts_.is_complete = true; }

    Parts& parts_;
    const HttpLimits& limits_;
};

}  // namespace

class HttpParser::Implementation {
public:
    Parts parts;
    std::optional<BeastParser> beast;
    bool continue_told = false;
    bool inside_chunk_head = false;
};

HttpParser::HttpParser(const HttpLimits& limits)
    : limits_(limits), implementation_(std::make_unique<Implementation>()) {}

HttpParser::~HttpParser() = default;

const HttpRequest& HttpParser::request() const {
    ASSERT(implementation_->parts.is_complete);
    return implementation_->parts.request;
}

void HttpParser::reset() {
    implementation_->parts.clear();
    implementation_->beast.reset();
    implementation_->continue_told = false;
    implementation_->inside_chunk_head = false;
}

bool HttpParser::is_inside_request() const {
    return implementation_->parts.head_done && !implementation_->parts.is_complete;
}

std::string_view HttpParser::path() const {
    return implementation_->parts.request.path;
}

HttpParser::Progress HttpParser::parse(std::string_view bytes) {
    auto progress = parse_request(bytes);
    auto& parts = implementation_->parts;
    if (progress.refusal && parts.request.path.empty()) {
        parts.head = path_in(bytes);
        parts.request.path = parts.head;
    }
    return progress;
}

HttpParser::Progress HttpParser::parse_request(std::string_view bytes) {
    auto& parts = implementation_->parts;
    ASSERT(!parts.is_complete && !parts.refusal);
    Progress progress;
    if (!parts.head_done) {
        // Robust clients may send an empty line behind a body (RFC 9112, 2.2).
        while (bytes.substr(progress.consumed).starts_with("\r\n")) progress.consumed += 2;
        const auto rest = bytes.substr(progress.consumed);
        const size_t end = rest.find("\r\n\r\n");
        const size_t head_bytes = end == std::string_view::npos ? rest.size() : end + 4;
        if (head_bytes > limits_.head_bytes_max) {
            progress.refusal = HttpRefusal{431, "the header is too large"};
            return progress;
        }
        const auto start = rest.substr(0, method_bytes_max + 1);
        const auto method = start.substr(0, start.find(' '));
        if (method.size() > method_bytes_max) {
            progress.refusal = malformed;
            return progress;
        }
        if (end == std::string_view::npos) {
            // Nonsense is told at once, not after a time-out.
            const bool is_nonsense =
                method.find('\n') != std::string_view::npos || has_bare_line_end(rest);
            if (is_nonsense) progress.refusal = malformed;
            return progress;
        }
        parts.raw_head = rest.substr(0, head_bytes);
        parts.head.reserve(head_bytes);
        implementation_->beast.emplace(parts, limits_);
    }
    auto& beast = *implementation_->beast;
    beast::error_code error;
    // Beast stops behind each piece of a chunked body.
    while (progress.consumed < bytes.size() && !parts.is_complete) {
        const auto rest = bytes.substr(progress.consumed);
        // Beast aborts when it is to take up a last chunk again that is shorter than this.
        if (implementation_->inside_chunk_head && rest.size() < last_chunk_bytes_min) break;
        const size_t used = beast.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
        progress.consumed += used;
        implementation_->inside_chunk_head = error == http::error::need_more;
        if (error == http::error::need_more) {
            // What Beast does not take yet is a chunk's head or trailer; it cannot be long.
            const auto left = rest.substr(used);
            if (parts.head_done && left.size() > limits_.head_bytes_max) {
                progress.refusal = HttpRefusal{400, "a chunk header is too large"};
            } else if (!parts.head_done || has_bare_line_end(left)) {
                // It got the whole head, so what it misses there is missing in a line of it.
                progress.refusal = malformed;
            }
            parts.refusal = progress.refusal;
            break;
        }
        if (error) {
            progress.refusal = parts.refusal.value_or(refusal_of(error, parts.raw_head));
            parts.refusal = progress.refusal;
            return progress;
        }
        if (used == 0) break;
    }
    parts.raw_head = {};
    progress.is_complete = parts.is_complete;
    if (parts.is_complete) parts.request.body = parts.body;
    if (!parts.is_complete && parts.head_done && !implementation_->continue_told) {
        implementation_->continue_told = true;
        const auto expect = parts.request.field("expect");
        progress.wants_continue = expect && equals_ignoring_case(*expect, "100-continue");
    }
    return progress;
}

}  // namespace signalbox
