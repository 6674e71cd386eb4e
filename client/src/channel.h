#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signalbox/client/options.h"
#include "signalbox/client/problem.h"

namespace signalbox::client {

struct HttpCall {
    std::string method = "GET";
    std::string target = {};               // path and query
    std::vector<std::string> fields = {};  // "Name: value"
    std::string body = {};
    std::string content_type = "application/json";  // of the body
    std::string wanted_field = {};                  // of the answer
};

struct HttpAnswer {
    int status = 0;
    std::string body;
    std::optional<std::chrono::seconds> retry_after;
    std::string field;  // HttpCall::wanted_field, empty when there is none

    [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
};

// What ends one attempt.
struct HttpBounds {
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    Duration quiet_max{};  // without a byte; 0: only the deadline counts
    std::stop_token stop;
};

// One connection to the server and the libcurl handles that keep it: an easy handle in a multi
// handle of its own, because only the latter can be woken from another thread, so that a held
// request is given up at once. One thread at a time.
class Channel {
public:
    explicit Channel(const Options& options);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // Why there is no answer. `arrived` is false when the server surely never saw the request.
    struct Failure {
        Problem problem;
        bool may_pass = false;
        bool arrived = true;
    };
    // One attempt, without any repetition.
    tl::expected<HttpAnswer, Failure> call(const HttpCall& call, const HttpBounds& bounds);

    // The same for an answer without an end: a success is handed to on_bytes piece by piece,
    // outside of libcurl, until that returns false.
    using OnBytes = std::function<bool(std::string_view)>;
    tl::expected<HttpAnswer, Failure> stream(const HttpCall& call, const HttpBounds& bounds,
                                             const OnBytes& on_bytes);

    struct Handles;  // what libcurl needs; its header stays in the source file

private:
    const Options& options_;
    std::unique_ptr<Handles> handles_;
};

}  // namespace signalbox::client
