#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "signalbox/client/client.h"

namespace signalbox::client {

// What became of a message.
enum class Handled : uint8_t {
    done,   // acknowledge: it is deleted
    later,  // release it, for somebody else or another time
    failed  // the same, and it counts against the queue's claims_max
};

struct ConsumerOptions {
    size_t batch = 10;                             // messages of one claim
    Duration claim_ttl = std::chrono::minutes(1);  // renewed at a third of it
    std::optional<Duration> grace = std::nullopt;
    Duration wait = std::chrono::seconds(20);  // how long the server is asked to hold on
    Duration release_delay{};                  // before what was not done comes again
    // Told of what went wrong and will be tried again, such as a server that is away.
    std::function<void(const Problem&)> on_problem = {};
    std::optional<uint64_t> messages_max = std::nullopt;  // then it ends
    bool ends_when_empty = false;                         // as soon as there is no message
    std::stop_token stop = {};
};

struct ConsumerReport {
    uint64_t done = 0;
    uint64_t released = 0;
    // Handled, but the claim was gone by then: somebody else gets them, or has got them.
    uint64_t lost = 0;
};

// Takes messages from a queue and hands them to `handler` one by one, on this thread, until the
// stop token says so. Claims are renewed meanwhile by a thread of its own, however long the
// handler takes; what the handler said is told to the server per claim. What was claimed and
// not handled when it ends is released.
//
// `lost` is stopped when the claim of the message at hand is gone, or the consumer shall stop:
// a handler that takes long may look at it.
//
// While the server is away, or refuses what may pass, it tries again after growing random
// pauses, for as long as it takes. Any other refusal ends it, as its result.
using MessageHandler = std::function<Handled(const Message& message, const std::stop_token& lost)>;
Result<ConsumerReport> consume(const Client& client, const std::string& queue,
                               const MessageHandler& handler, const ConsumerOptions& options = {});

}  // namespace signalbox::client
