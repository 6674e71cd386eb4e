#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http1.h"

namespace signalbox {

// Feeds bytes to a parser as a connection does, in pieces of any size, and keeps copies of what
// came out. For tests and fuzzers.
class HttpFeed {
public:
    struct Request {
        HttpMethod method;
        std::string target;
        std::string path;
        std::string query;
        std::vector<std::pair<std::string, std::string>> fields;
        std::string body;
        bool is_http_1_1;
        bool keep_alive;
        bool has_body;

        bool operator==(const Request&) const = default;
    };

    explicit HttpFeed(const HttpLimits& limits = default_limits()) : parser_(limits) {}

    // False when the connection is over.
    bool feed(std::string_view bytes) {
        input_ += bytes;
        while (!refusal && !input_.empty()) {
            const auto progress = parser_.parse(input_);
            input_.erase(0, progress.consumed);
            refusal = progress.refusal;
            if (progress.wants_continue) ++continues;
            if (!progress.is_complete) break;
            requests.push_back(copy_of(parser_.request()));
            parser_.reset();
        }
        return !refusal;
    }

    // 0 when nothing was refused.
    [[nodiscard]] int refused_status() const { return refusal ? refusal->status : 0; }
    [[nodiscard]] bool is_inside_request() const { return parser_.is_inside_request(); }

    std::vector<Request> requests;
    std::optional<HttpRefusal> refusal;
    size_t continues = 0;

private:
    static const HttpLimits& default_limits() {
        static const HttpLimits limits;
        return limits;
    }
    static Request copy_of(const HttpRequest& request) {
        Request copy{request.method,
                     std::string(request.target),
                     std::string(request.path),
                     std::string(request.query),
                     {},
                     std::string(request.body),
                     request.is_http_1_1,
                     request.keep_alive,
                     request.has_body};
        for (const auto& field : request.fields) copy.fields.emplace_back(field.name, field.value);
        return copy;
    }

    HttpParser parser_;
    std::string input_;
};

}  // namespace signalbox
