#include "codec/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void append_number(std::string& out, size_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
    out.append(digits.begin(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

void append_length(std::string& out, size_t body_bytes) {
    out += "Content-Length: ";
    append_number(out, body_bytes);
    out += "\r\n";
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

bool is_field_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    });
}

bool is_transport_field(std::string_view name) {
    static constexpr std::array<std::string_view, 12> names{
        "connection",     "content-length",    "expect",           "host",
        "http2-settings", "keep-alive",        "proxy-connection", "te",
        "trailer",        "transfer-encoding", "upgrade",          "content-encoding"};
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& known) { return equals_ignoring_case(name, known); });
}

std::string_view http_method_name(HttpMethod method) {
    switch (method) {
        case HttpMethod::get: return "GET";
        case HttpMethod::head: return "HEAD";
        case HttpMethod::post: return "POST";
        case HttpMethod::put: return "PUT";
        case HttpMethod::patch: return "PATCH";
        case HttpMethod::erase: return "DELETE";
        case HttpMethod::options: return "OPTIONS";
        case HttpMethod::other: return {};
    }
    ASSERT(false);
}

std::optional<std::string_view> HttpRequest::field(std::string_view name) const {
    for (const auto& field : fields) {
        if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::string_view http_reason(uint16_t status) {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 422: return "Unprocessable Content";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Unknown";
    }
}

void append_response_head(std::string& out, const HttpResponse& response, HttpFraming framing,
                          bool keep_alive, std::string_view date, size_t bytes_elsewhere) {
    const size_t body_bytes = response.body.size() + bytes_elsewhere;
    out += "HTTP/1.1 ";
    append_number(out, response.status);
    out += ' ';
    out += http_reason(response.status);
    out += "\r\n";
    if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
    switch (framing) {
        case HttpFraming::length: append_length(out, body_bytes); break;
        case HttpFraming::chunked: append_field(out, "Transfer-Encoding", "chunked"); break;
        case HttpFraming::until_close:
        case HttpFraming::upgrade: break;
        case HttpFraming::none:
            if (!response.content_type.empty()) append_length(out, body_bytes);
            break;
    }
    append_field(out, "Date", date);
    for (const auto& [name, value] : response.fields) append_field(out, name, value);
    if (framing == HttpFraming::upgrade) {
        out += "Connection: Upgrade\r\n\r\n";
        return;
    }
    out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
}

void append_chunk_size(std::string& out, size_t bytes) {
    ASSERT(bytes > 0);
    fmt::format_to(std::back_inserter(out), "{:x}\r\n", bytes);
}

void append_last_chunk(std::string& out) {
    out += "0\r\n\r\n";
}

}  // namespace signalbox
