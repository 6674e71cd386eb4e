#include "app/consume_run.h"

#include <array>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include "app/exit_code.h"
#include "app/queue_text.h"
#include "codec/json_reader.h"

namespace signalbox {
namespace {

constexpr Duration claim_ttl_default = std::chrono::minutes(1);
// So that a message that always fails is not all that is done.
constexpr Duration release_delay_default = std::chrono::seconds(1);

void complain_line(const std::string& text) {
    std::fprintf(stderr, "signalbox: %s\n", printable(text).c_str());
}

// A body that is a JSON string, without its quotes.
std::string input_of(const client::Message& message, bool is_text) {
    if (!is_text) return message.body + "\n";
    const auto document = JsonDocument::parse(message.body);
    const auto text = document ? document->root().text() : std::nullopt;
    return text ? std::string(*text) : message.body;
}

}  // namespace

ConsumeRun::ConsumeRun(const ConsumeFlags& flags)
    : flags_(flags), signals_({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) {}

int ConsumeRun::run() {
    if (const auto missing = ChildProcess::check(flags_.command.front())) {
        complain_line(missing->text);
        return missing->exit_code;
    }
    const auto client = flags_.connect();
    const auto options = make_options();
    client::Result<client::ConsumerReport> report;
    std::jthread consumer([&] {
        const auto handler = [this](const client::Message& message, const std::stop_token& lost) {
            return hand_over(message, lost);
        };
        report = client::consume(client, flags_.queue, handler, options);
        {
            const std::lock_guard lock(mutex_);
            is_over_ = true;
        }
        bell_.ring();
    });
    for (;;) {
        take_signals();
        (void)bell_.has_rung();
        Job* job = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (is_over_) break;
            std::swap(job, job_);
        }
        if (job == nullptr) {
            poll();
            continue;
        }
        const auto outcome = run_command(*job);
        const std::lock_guard lock(mutex_);
        job->outcome = outcome;
        changed_.notify_all();
    }
    consumer.join();
    return tell(report);
}

client::ConsumerOptions ConsumeRun::make_options() {
    client::ConsumerOptions options;
    options.batch = flags_.batch;
    options.claim_ttl = flags_.claim_ttl.value_or(claim_ttl_default);
    options.release_delay = flags_.release_delay.value_or(release_delay_default);
    options.messages_max = flags_.messages_max;
    options.ends_when_empty = flags_.ends_when_empty;
    options.stop = stop_.get_token();
    options.on_problem = [](const client::Problem& problem) { complain_line(problem.text()); };
    return options;
}

client::Handled ConsumeRun::hand_over(const client::Message& message, const std::stop_token& lost) {
    Job job{&message, lost, {}};
    std::unique_lock lock(mutex_);
    job_ = &job;
    bell_.ring();
    changed_.wait(lock, [&] { return job.outcome.has_value(); });
    return *job.outcome;
}

client::Handled ConsumeRun::run_command(const Job& job) {
    // A signal that came before the command began: the message goes back as it was.
    if (stop_.stop_requested()) return client::Handled::later;
    const auto& message = *job.message;
    ChildProcess::Spec spec;
    spec.words = flags_.command;
    spec.environment = {{"SIGNALBOX_QUEUE", flags_.queue},
                        {"SIGNALBOX_MESSAGE", message.id},
                        {"SIGNALBOX_CLAIM", message.claim},
                        {"SIGNALBOX_CLAIM_COUNT", std::to_string(message.claim_count)}};
    spec.input = input_of(message, flags_.is_text);
    if (const auto failure = child_.start(spec)) {
        complain_line(failure->text);
        failure_ = failure->exit_code;
        stop_.request_stop();
        return client::Handled::later;
    }
    const std::stop_callback on_loss(job.lost, [this] { bell_.ring(); });
    bool was_told = false;
    is_running_ = true;
    for (;;) {
        take_signals();
        if (const auto status = child_.has_ended()) {
            is_running_ = false;
            return *status == 0 ? client::Handled::done : client::Handled::failed;
        }
        (void)bell_.has_rung();
        // Somebody else has the message by now. When we shall stop, the command may finish.
        if (!was_told && job.lost.stop_requested() && !stop_.stop_requested()) {
            was_told = true;
            complain_line("the claim of message " + message.id + " was lost; ending the command");
            child_.send_to_all(SIGTERM);
        }
        poll();
    }
}

void ConsumeRun::take_signals() {
    while (const auto signal = signals_.take()) {
        if (signal->number == SIGCHLD) continue;
        stop_.request_stop();
        // The terminal has sent it to the command as well.
        if (is_running_ && !signal->is_from_kernel) child_.send(signal->number);
    }
}

void ConsumeRun::poll() const {
    std::array<pollfd, 2> watched{
        {{signals_.descriptor(), POLLIN, 0}, {bell_.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
}

int ConsumeRun::tell(const client::Result<client::ConsumerReport>& report) const {
    if (!report) return complain(report.error());
    if (flags_.json) {
        print_line(fmt::format(R"({{"done":{},"released":{},"lost":{}}})", report->done,
                               report->released, report->lost));
    } else {
        std::fprintf(stderr, "signalbox: %s done, %s released\n", grouped(report->done).c_str(),
                     grouped(report->released).c_str());
        if (report->lost > 0) {
            std::fprintf(stderr, "signalbox: %s done too late: they come again\n",
                         grouped(report->lost).c_str());
        }
    }
    return failure_.value_or(exit_code::done);
}

}  // namespace signalbox
