#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "codec/http_message.h"

namespace signalbox {

// Why a request is answered without being looked at further; the connection closes after it,
// because where the next request begins is not certain any more.
struct HttpRefusal {
    uint16_t status = 400;
    std::string_view reason;
};

// Refuses every head that two servers in a row could read differently (request smuggling), and
// what is over a limit. Runs on the parsed head before anything else does: exactly one
// `chunked` or one Content-Length, never both; one Host; no folded lines. `raw_head` is the head
// as sent, up to and including its empty line.
std::optional<HttpRefusal> guard_request(const HttpRequest& request, std::string_view raw_head,
                                         const HttpLimits& limits);

}  // namespace signalbox
