#include "bench/limit/request_scanner.h"

#include <charconv>

namespace signalbox::bench {
namespace {

constexpr size_t head_bytes_max = 32u << 10;
constexpr size_t body_bytes_max = 1u << 20;
constexpr std::string_view length_field = "\r\nContent-Length: ";

}  // namespace

ScanOutcome scan_request(std::string_view bytes) {
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return {std::nullopt, bytes.size() > head_bytes_max};
    const auto head = bytes.substr(0, end + 2);
    const size_t head_bytes = end + 4;
    const size_t method_end = head.find(' ');
    const size_t target_end = head.find(' ', method_end + 1);
    if (target_end == std::string_view::npos) return {std::nullopt, true};
    size_t length = 0;
    // Our own load generator writes the field in this way.
    if (const size_t at = head.find(length_field); at != std::string_view::npos) {
        const char* digits = head.data() + at + length_field.size();
        const auto [stopped, error] = std::from_chars(digits, head.data() + head.size(), length);
        if (error != std::errc() || length > body_bytes_max) return {std::nullopt, true};
    }
    if (bytes.size() < head_bytes + length) return {};
    ScannedRequest request;
    request.target = head.substr(method_end + 1, target_end - method_end - 1);
    request.body = bytes.substr(head_bytes, length);
    request.bytes = head_bytes + length;
    return {request, false};
}

}  // namespace signalbox::bench
