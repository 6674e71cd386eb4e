#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace signalbox {

struct OutgoingRequest {
    std::string method = "GET";
    std::string url;  // http or https
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    Duration timeout = std::chrono::seconds(10);  // for everything, from the name to the last byte
    std::optional<Duration> connect_timeout;      // for the part of it before anything is sent
    size_t response_bytes_max = 1u << 20;
    // Otherwise an answer whose head has come is one, whatever becomes of the rest, and what is
    // beyond response_bytes_max is left out.
    bool wants_whole = true;
    bool verifies_peer = true;  // https: by its certificate and its name
};

struct IncomingResponse {
    uint16_t status = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;

    // One line of a head, as it came. A status line begins a new one: what came before was an
    // interim answer.
    void take_head_line(std::string_view line);
    // The first field of that name, in any case.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};

// Asks other servers. Does not follow redirections: where a request may go is decided by whoever
// sends it. One thread, which it never blocks.
class HttpClient {
public:
    // The error is `unavailable`: no answer, not a whole one, or too large a one.
    using Then = std::function<void(Result<IncomingResponse>)>;

    virtual ~HttpClient() = default;
    // Calls `then` once, later, on this thread; not any more once the client is destroyed.
    virtual void send(OutgoingRequest request, Then then) = 0;
};

}  // namespace signalbox
