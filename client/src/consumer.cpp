#include "signalbox/client/consumer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "lease_clock.h"
#include "problems.h"
#include "retry.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;
constexpr int too_many_requests = 429;
constexpr int service_unavailable = 503;
// A claim has three chances to be renewed in time.
constexpr int renewals_per_life = 3;
constexpr Duration farewell_max = std::chrono::seconds(5);

bool may_pass(const Problem& problem) {
    return problem.is("unreachable") || problem.status == too_many_requests ||
           problem.status == service_unavailable;
}

// Keeps one claim alive while its messages are handled.
class ClaimKeeper {
public:
    ClaimKeeper(const Client& client, std::string queue, ClaimRenewal renewal, std::string claim,
                LeaseClock::time_point claimed_at)
        : client_(client),
          queue_(std::move(queue)),
          renewal_(renewal),
          claim_(std::move(claim)),
          valid_until_(claimed_at + *renewal_.ttl),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

    // Stopped when the claim is gone.
    [[nodiscard]] std::stop_token lost() const { return lost_.get_token(); }

private:
    void run(const std::stop_token& stop) {
        auto renew_at = valid_until_ - *renewal_.ttl + *renewal_.ttl / renewals_per_life;
        while (sleep_until(renew_at, stop)) {
            const auto sent = LeaseClock::now();
            const auto left = std::chrono::floor<Duration>(valid_until_ - sent);
            CallOptions call;
            call.retry_for = Duration::max();
            call.deadline = std::chrono::steady_clock::now() + left;
            call.stop = stop;
            const auto renewed = client_.renew_claim(queue_, claim_, renewal_, call);
            if (stop.stop_requested()) return;
            if (renewed) {
                valid_until_ = sent + *renewal_.ttl;
                renew_at = sent + *renewal_.ttl / renewals_per_life;
                continue;
            }
            // Refused for some other reason, it is held until it expires.
            if (renewed.error().status != not_found) sleep_until(valid_until_, stop);
            if (!stop.stop_requested()) lost_.request_stop();
            return;
        }
    }

    // False when nothing more is wanted.
    bool sleep_until(LeaseClock::time_point until, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        const auto span = until - LeaseClock::now();
        changed_.wait_for(lock, stop, span, [] { return false; });
        return !stop.stop_requested();
    }

    const Client& client_;
    const std::string queue_;
    const ClaimRenewal renewal_;
    const std::string claim_;
    LeaseClock::time_point valid_until_;
    std::stop_source lost_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::jthread thread_;  // last: it uses everything above
};

// What became of the messages of one claim, as long as the server has not been told.
struct Outcomes {
    std::vector<std::string> done;
    std::vector<std::string> later;
    std::vector<std::string> failed;
};

class Consumer {
public:
    Consumer(const Client& client, std::string queue, const MessageHandler& handler,
             const ConsumerOptions& options)
        : client_(client),
          queue_(std::move(queue)),
          handler_(handler),
          options_(options),
          retry_(Duration::max(), call_) {}

    Result<ConsumerReport> run() {
        while (!options_.stop.stop_requested() && !is_complete()) {
            const auto sent = LeaseClock::now();
            auto claim = client_.claim_messages(queue_, request(), once());
            if (claim) {
                retry_.reset();
                if (*claim) {
                    TRY(handle(*claim, sent));
                } else if (options_.ends_when_empty) {
                    break;
                }
                continue;
            }
            if (claim.error().is("cancelled")) break;
            TRY(pause_after(claim.error()));
        }
        return report_;
    }

private:
    [[nodiscard]] bool is_complete() const {
        return options_.messages_max && handled_ >= *options_.messages_max;
    }

    [[nodiscard]] ClaimRequest request() const {
        ClaimRequest request;
        request.limit = options_.batch;
        if (options_.messages_max) {
            request.limit = std::min<uint64_t>(request.limit, *options_.messages_max - handled_);
        }
        request.ttl = options_.claim_ttl;
        request.grace = options_.grace;
        if (!options_.ends_when_empty) request.wait = options_.wait;
        return request;
    }

    [[nodiscard]] CallOptions once() const {
        CallOptions call;
        call.retry_for = Duration::zero();
        call.stop = options_.stop;
        return call;
    }

    // The problem, when it does not pass.
    Result<void> pause_after(const Problem& problem) {
        if (!may_pass(problem)) return tl::unexpected(problem);
        if (options_.on_problem) options_.on_problem(problem);
        retry_.pause(problem.retry_after);
        return {};
    }

    Result<void> handle(const Claim& claim, LeaseClock::time_point sent) {
        Outcomes outcomes;
        {
            const ClaimRenewal renewal{options_.claim_ttl, options_.grace};
            ClaimKeeper keeper(client_, queue_, renewal, claim.id, sent);
            std::stop_source lost;
            const std::stop_callback on_loss(keeper.lost(), [&] { lost.request_stop(); });
            const std::stop_callback on_stop(options_.stop, [&] { lost.request_stop(); });
            for (const auto& message : claim.messages) {
                // What is lost is somebody else's by now; what was not begun goes back.
                if (lost.stop_requested()) {
                    outcomes.later.push_back(message.id);
                    continue;
                }
                ++handled_;
                switch (handler_(message, lost.get_token())) {
                    case Handled::done: outcomes.done.push_back(message.id); break;
                    case Handled::later: outcomes.later.push_back(message.id); break;
                    case Handled::failed: outcomes.failed.push_back(message.id); break;
                }
            }
            TRY(tell(claim.id, outcomes));
        }
        return {};
    }

    Result<void> tell(const std::string& claim, const Outcomes& outcomes) {
        // Told also when it shall stop, but not for ever.
        CallOptions call;
        if (options_.stop.stop_requested()) {
            call.deadline = std::chrono::steady_clock::now() + farewell_max;
        }
        if (!outcomes.done.empty()) {
            const auto told = client_.acknowledge(queue_, claim, outcomes.done, call);
            if (told) {
                report_.done += outcomes.done.size();
            } else {
                report_.lost += outcomes.done.size();
                TRY(after_refusal(told.error()));
            }
        }
        TRY(release(claim, outcomes.later, false, call));
        return release(claim, outcomes.failed, true, call);
    }

    Result<void> release(const std::string& claim, const std::vector<std::string>& ids,
                         bool has_failed, const CallOptions& call) {
        if (ids.empty()) return {};
        report_.released += ids.size();
        const auto told = client_.release_claim(
            queue_, claim, {.ids = ids, .delay = options_.release_delay, .failed = has_failed},
            call);
        return told ? Result<void>() : after_refusal(told.error());
    }

    // The claim has ended, or will: the messages come again, which is told, and is no end.
    Result<void> after_refusal(const Problem& problem) {
        const bool is_over = problem.status == not_found || problem.status == 409;
        if (!is_over && !may_pass(problem) && problem.status != 0) return tl::unexpected(problem);
        if (options_.on_problem) options_.on_problem(problem);
        return {};
    }

    const Client& client_;
    const std::string queue_;
    const MessageHandler& handler_;
    const ConsumerOptions& options_;
    const CallOptions call_{.stop = options_.stop};
    Retry retry_;
    ConsumerReport report_;
    uint64_t handled_ = 0;
};

}  // namespace

Result<ConsumerReport> consume(const Client& client, const std::string& queue,
                               const MessageHandler& handler, const ConsumerOptions& options) {
    if (options.claim_ttl <= Duration::zero()) {
        return tl::unexpected(
            local_problem("invalid_argument", "claim_ttl must be longer than 0", "claim_ttl"));
    }
    return Consumer(client, queue, handler, options).run();
}

}  // namespace signalbox::client
