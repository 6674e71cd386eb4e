#include "event_stream.h"

#include "problems.h"

namespace signalbox::client {
namespace {

struct Ending {
    Problem problem;
    bool may_pass = true;
};

Ending ending_of(tl::expected<HttpAnswer, Channel::Failure> answer, const std::string& url) {
    if (!answer) return {std::move(answer.error().problem), answer.error().may_pass};
    // The server ends its streams when it stops.
    if (answer->is_success()) {
        return {
            local_problem("unreachable", "cannot reach " + url + ": the server ended the stream")};
    }
    return {read_problem(answer->status, answer->body, answer->retry_after), may_pass(*answer)};
}

}  // namespace

Result<void> read_event_stream(Endpoint& endpoint, const EventStream& stream,
                               const CallOptions& call) {
    Retry retry(endpoint.options().retry_for, call);
    for (;;) {
        SseParser parser;
        bool is_done = false;
        const auto on_event = [&](SseEvent&& event) {
            retry.reset();
            is_done = !stream.on_event(std::move(event));
            return !is_done;
        };
        auto answer = endpoint.stream(stream.open(), call, [&](std::string_view bytes) {
            return parser.feed(bytes, on_event);
        });
        if (is_done) return {};
        auto [problem, may_pass] = ending_of(std::move(answer), endpoint.options().url);
        if (may_pass && retry.pause(problem.retry_after)) continue;
        if (may_pass && retry.is_stopped()) problem = cancelled();
        if (may_pass && call.deadline && Retry::Clock::now() >= *call.deadline) {
            problem = local_problem("timed_out", "the time for this call is over");
        }
        return tl::unexpected(std::move(problem));
    }
}

}  // namespace signalbox::client
