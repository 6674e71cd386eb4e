#include "codec/request_guard.h"

#include <algorithm>

namespace signalbox {
namespace {

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A name, an IPv4 or bracketed IPv6 address, and perhaps a port; empty is allowed by RFC 9112.
bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~%:[]!$&'()*+,;=").find(c) != std::string_view::npos;
    });
}

bool has_folded_line(std::string_view raw) {
    for (size_t at = raw.find("\r\n"); at != std::string_view::npos;
         at = raw.find("\r\n", at + 2)) {
        if (at + 2 < raw.size() && (raw[at + 2] == ' ' || raw[at + 2] == '\t')) return true;
    }
    return false;
}

}  // namespace

std::optional<HttpRefusal> guard_request(const HttpRequest& request, std::string_view raw_head,
                                         const HttpLimits& limits) {
    if (request.fields.size() > limits.fields_max) {
        return HttpRefusal{431, "too many header fields"};
    }
    if (request.target.size() > limits.target_bytes_max) {
        return HttpRefusal{431, "the request target is too long"};
    }
    if (has_folded_line(raw_head)) return HttpRefusal{400, "a header field is folded"};
    const bool is_path = request.target.starts_with('/');
    const bool is_asterisk = request.target == "*" && request.method == HttpMethod::options;
    if (!is_path && !is_asterisk) return HttpRefusal{400, "the request target is not a path"};

    size_t hosts = 0;
    size_t lengths = 0;
    size_t codings = 0;
    for (const auto& field : request.fields) {
        if (equals_ignoring_case(field.name, "host")) {
            if (!is_host(field.value)) return HttpRefusal{400, "Host is not well-formed"};
            ++hosts;
        } else if (equals_ignoring_case(field.name, "content-length")) {
            if (!is_digits(field.value)) return HttpRefusal{400, "Content-Length is no number"};
            ++lengths;
        } else if (equals_ignoring_case(field.name, "transfer-encoding")) {
            if (!request.is_http_1_1) {
                return HttpRefusal{400, "Transfer-Encoding is not part of HTTP/1.0"};
            }
            if (!equals_ignoring_case(field.value, "chunked")) {
                return HttpRefusal{501, "only the transfer coding chunked is known"};
            }
            ++codings;
        }
    }
    if (hosts > 1 || (hosts == 0 && request.is_http_1_1)) {
        return HttpRefusal{400, "exactly one Host is needed"};
    }
    if (lengths > 1) return HttpRefusal{400, "more than one Content-Length"};
    if (codings > 1) return HttpRefusal{400, "more than one Transfer-Encoding"};
    if (lengths + codings > 1) {
        return HttpRefusal{400, "Content-Length and Transfer-Encoding together"};
    }
    return std::nullopt;
}

}  // namespace signalbox
