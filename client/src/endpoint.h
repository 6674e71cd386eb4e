#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "channel.h"
#include "retry.h"
#include "signalbox/client/options.h"

namespace signalbox::client {

// What may be done when it is not known whether a request arrived.
enum class Repeat : uint8_t {
    always,  // doing it twice is the same as doing it once
    unless_it_arrived
};

// A refusal that the server expects to take back.
bool may_pass(const HttpAnswer& answer);

// A server as its client reaches it: its pool of connections, and the repetition of what may
// pass. Any thread.
class Endpoint {
public:
    explicit Endpoint(Options options);

    struct Outcome {
        Result<HttpAnswer> answer;   // a success, or the problem
        bool may_be_second = false;  // an attempt without an answer may have arrived before it
    };
    // `hold` is for how long the server was asked to hold the request.
    Outcome call(HttpCall call, Repeat repeat, const CallOptions& options,
                 Duration hold = Duration::zero());

    // One attempt at an answer without an end. See Channel::stream().
    tl::expected<HttpAnswer, Channel::Failure> stream(HttpCall call, const CallOptions& options,
                                                      const Channel::OnBytes& on_bytes);

    [[nodiscard]] const Options& options() const { return options_; }

private:
    std::unique_ptr<Channel> borrow();
    void give_back(std::unique_ptr<Channel> channel);
    void add_common_fields(HttpCall& call) const;

    const Options options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Channel>> idle_;  // the last one was used last
};

}  // namespace signalbox::client
