#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "codec/http_message.h"
#include "codec/request_guard.h"

namespace signalbox {

// Turns the bytes of an HTTP/1.1 connection into requests, one at a time. Strict: what the
// request guard refuses never becomes a request. No I/O; one thread at a time.
class HttpParser {
public:
    explicit HttpParser(const HttpLimits& limits);
    ~HttpParser();

    struct Progress {
        size_t consumed = 0;                 // of the bytes given; the rest must be given again
        bool is_complete = false;            // request() is whole
        bool wants_continue = false;         // the client waits for "100 Continue"; told once
        std::optional<HttpRefusal> refusal;  // nothing more will come of this connection
    };
    // `bytes`: what came behind the bytes consumed so far. Not to be called again after a
    // refusal, nor before reset() after a request was complete.
    Progress parse(std::string_view bytes);
    // Valid from is_complete until reset().
    [[nodiscard]] const HttpRequest& request() const;
    // What path a request asks for, refused or not, as far as that is known.
    [[nodiscard]] std::string_view path() const;
    // Ready for the next request. Gives back memory that a large one took.
    void reset();
    // Whether some, but not all, of a request has been consumed.
    [[nodiscard]] bool is_inside_request() const;

private:
    class Implementation;
    Progress parse_request(std::string_view bytes);
    const HttpLimits& limits_;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace signalbox
