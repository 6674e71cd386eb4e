#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/time.h"

namespace signalbox {

// When something happened, for somebody who cannot know which clock the server looks at, and both
// of which may be set: one time that no clock was ever ahead of, and one that none was behind.
struct Moment {
    uint64_t order = 0;  // of all moments, however close they are
    int64_t generous_ms = 0;
    int64_t stingy_ms = 0;

    bool operator<(const Moment& other) const { return order < other.order; }
};

// A message as somebody posted it. Its body is a token that no other message has.
struct PostedMessage {
    std::string token;
    std::string id;  // empty until it is known
    int64_t ttl_ms = 0;
    int64_t delay_ms = 0;
    int priority = 0;
    std::string group;
    std::string dedup;
};

// A message as somebody was shown it.
struct SeenMessage {
    std::string id;
    std::string token;
    uint64_t sequence = 0;
};

// One request about a queue, from the moment when it was sent first. It may have been done at any
// moment between `sent` and `over`; when no answer came, or none that says so, nobody knows
// whether it was.
struct QueueCall {
    enum class Kind : uint8_t {
        post,
        claim,
        renew,
        release,
        remove,
        pop,
        purge,
        remove_queue,
        list,  // claimed and delayed messages, too
        get_claim,
    };
    enum class Outcome : uint8_t { open, unknown, refused, done };

    Kind kind = Kind::list;
    std::string queue;
    Outcome outcome = Outcome::open;
    Moment sent;
    Moment over;  // answered, or from then on it cannot be done any more
    bool is_over = false;
    // The latest stingy time at which it may have been done: clocks are set back.
    int64_t stingy_peak_ms = 0;
    SteadyInstant given_up_at;

    std::vector<PostedMessage> posted;  // post
    std::string claim;               // claim (once it is known), renew, release, remove, get_claim
    int64_t ttl_ms = 0;              // claim, renew
    int64_t delay_ms = 0;            // release
    bool counts_as_failure = false;  // release
    size_t limit = 0;                // claim, pop
    std::vector<std::string> ids;    // release (empty: all), remove
    std::vector<SeenMessage> seen;   // claim, pop, list, get_claim
    bool is_whole = false;           // list: nothing more was left; remove: all were there
};

// Everything that clients of queues have asked, and what they were told. References to calls stay
// good.
class QueueHistory {
public:
    // To be told whenever a clock moved.
    void tick(Now now);
    [[nodiscard]] Moment moment();

    QueueCall& begin(QueueCall call);
    void done(QueueCall& call) { end(call, QueueCall::Outcome::done); }
    // Certainly nothing happened, and nothing will.
    void refused(QueueCall& call) { end(call, QueueCall::Outcome::refused); }
    // Its client has given up on it; it may still be done until it is settled().
    void unknown(QueueCall& call);
    // Nothing that was given up so long ago is under way any more.
    void settled(Duration ago);

    // What could not wait for the end.
    void complain(std::string complaint) { complaints_.push_back(std::move(complaint)); }

    [[nodiscard]] const std::deque<QueueCall>& calls() const { return calls_; }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

private:
    void end(QueueCall& call, QueueCall::Outcome outcome);
    void set_over(QueueCall& call, const Moment& moment);

    std::deque<QueueCall> calls_;
    size_t unsettled_from_ = 0;
    Now now_{};
    bool has_begun_ = false;
    Moment last_;
    std::vector<Moment> setbacks_;  // the moments before a clock was set back
    std::vector<std::string> complaints_;
};

}  // namespace signalbox
