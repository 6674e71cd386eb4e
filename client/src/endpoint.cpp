#include "endpoint.h"

#include "problems.h"

namespace signalbox::client {
namespace {

constexpr int too_many_requests = 429;
constexpr int service_unavailable = 503;

Options normalized(Options options) {
    if (options.url.ends_with('/')) options.url.pop_back();
    return options;
}

}  // namespace

bool may_pass(const HttpAnswer& answer) {
    return answer.status == too_many_requests || answer.status == service_unavailable;
}

Endpoint::Endpoint(Options options) : options_(normalized(std::move(options))) {}

void Endpoint::add_common_fields(HttpCall& call) const {
    if (!options_.token.empty()) call.fields.push_back("Authorization: Bearer " + options_.token);
    if (!options_.tenant.empty()) call.fields.push_back("Signalbox-Tenant: " + options_.tenant);
}

Endpoint::Outcome Endpoint::call(HttpCall call, Repeat repeat, const CallOptions& options,
                                 Duration hold) {
    add_common_fields(call);
    Retry retry(options_.retry_for, options);
    bool arrived_before = false;
    for (;;) {
        HttpBounds bounds;
        bounds.deadline = retry.attempt_deadline(hold + options_.attempt_timeout);
        bounds.stop = options.stop;
        auto channel = borrow();
        auto answer = channel->call(call, bounds);
        give_back(std::move(channel));
        if (answer && answer->is_success()) return {std::move(*answer), arrived_before};
        bool again = false;
        Problem problem;
        std::optional<std::chrono::seconds> at_least;
        if (answer) {
            problem = read_problem(answer->status, answer->body, answer->retry_after);
            again = may_pass(*answer);
            at_least = answer->retry_after;
        } else {
            problem = std::move(answer.error().problem);
            const bool arrived = answer.error().arrived;
            again = answer.error().may_pass && (repeat == Repeat::always || !arrived);
            if (again) arrived_before = arrived_before || arrived;
        }
        if (again && retry.pause(at_least)) continue;
        if (again && retry.is_stopped()) problem = cancelled();
        return {tl::unexpected(std::move(problem)), arrived_before};
    }
}

tl::expected<HttpAnswer, Channel::Failure> Endpoint::stream(HttpCall call,
                                                            const CallOptions& options,
                                                            const Channel::OnBytes& on_bytes) {
    add_common_fields(call);
    call.fields.emplace_back("Accept: text/event-stream");
    HttpBounds bounds;
    if (options.deadline) bounds.deadline = *options.deadline;
    bounds.quiet_max = options_.quiet_max;
    bounds.stop = options.stop;
    auto channel = borrow();
    auto answer = channel->stream(call, bounds, on_bytes);
    give_back(std::move(channel));
    return answer;
}

std::unique_ptr<Channel> Endpoint::borrow() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto channel = std::move(idle_.back());
            idle_.pop_back();
            return channel;
        }
    }
    return std::make_unique<Channel>(options_);
}

void Endpoint::give_back(std::unique_ptr<Channel> channel) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < options_.idle_connections_max) idle_.push_back(std::move(channel));
}

}  // namespace signalbox::client
