#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "port/http_client.h"

namespace signalbox {

// Other servers, as far as the server asks them: what was said of a URL is its answer, and nobody
// is at any other.
class SimHttpClient : public HttpClient {
public:
    using Later = std::deque<std::function<void()>>;

    // Answers come with what is to be done later.
    explicit SimHttpClient(Later& later) : later_(later) {}

    void answer(const std::string& url, IncomingResponse response) {
        answers_.insert_or_assign(url, std::move(response));
    }
    [[nodiscard]] size_t asked() const { return asked_; }

    void send(OutgoingRequest request, Then then) override {
        ++asked_;
        const auto found = answers_.find(request.url);
        Result<IncomingResponse> response =
            found != answers_.end()
                ? Result<IncomingResponse>(found->second)
                : Result<IncomingResponse>(fail(ErrorCode::unavailable, "nobody is there"));
        later_.push_back(
            [then = std::move(then), response = std::move(response)] { then(response); });
    }

private:
    Later& later_;
    std::map<std::string, IncomingResponse> answers_;
    size_t asked_ = 0;
};

}  // namespace signalbox
