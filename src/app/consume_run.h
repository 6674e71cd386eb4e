#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/child_process.h"
#include "app/client_flags.h"
#include "app/signal_inbox.h"
#include "signalbox/client/consumer.h"

namespace signalbox {

struct ConsumeFlags : ClientFlags {
    std::string queue;
    size_t batch = 1;
    std::optional<Duration> claim_ttl;
    std::optional<Duration> release_delay;
    std::optional<uint64_t> messages_max;
    bool ends_when_empty = false;
    bool is_text = false;
    std::vector<std::string> command;
};

// One run of `message consume`: a command for each message, which has the body as its input.
// What it ends with decides: 0 acknowledges the message, anything else releases it as failed.
//
// The main thread starts the command and polls for signals, and for the bell that the other one
// rings; a thread of its own consumes, because that blocks. At the first signal no further
// message is begun; the command at hand is passed the signal, and its end counts.
class ConsumeRun {
public:
    explicit ConsumeRun(const ConsumeFlags& flags);

    // The exit code.
    int run();

private:
    // A message on its way from the consuming thread to the main one, and what became of it.
    struct Job {
        const client::Message* message = nullptr;
        std::stop_token lost;
        std::optional<client::Handled> outcome;
    };

    client::ConsumerOptions make_options();
    client::Handled hand_over(const client::Message& message, const std::stop_token& lost);
    client::Handled run_command(const Job& job);
    void take_signals();
    void poll() const;
    int tell(const client::Result<client::ConsumerReport>& report) const;

    const ConsumeFlags& flags_;
    ChildProcess child_;
    SignalInbox signals_;
    const Bell bell_;
    std::stop_source stop_;
    bool is_running_ = false;     // a command
    std::optional<int> failure_;  // the command cannot be run at all

    std::mutex mutex_;
    std::condition_variable changed_;
    Job* job_ = nullptr;  // to be begun
    bool is_over_ = false;
};

}  // namespace signalbox
