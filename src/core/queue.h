#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/queue_commands.h"
#include "core/run_set.h"
#include "core/timer_wheel.h"
#include "core/waiters.h"

// What memory holds of queues. Messages are rows, written once; here is only where they begin
// and end, and the exceptions: what is claimed, delayed, or known to be gone in between.
//
//            lane.head                                             queue.next
//               v                                                      v
//   gone gone   R  C  C  C  C  gone C  R  R  D  R  R  R  R  R  R  R  R
//                  `--- lane.unready ---'     ^
//
// R may be claimed now. What is unready lies in runs, so that a claim that looks for R steps over
// a million of C as over one.

namespace signalbox {

struct Queue;
struct Claim;

// Stands for a queue in keys, so that its rows need not carry its name. Given out by a partition,
// from 1, and never again.
using QueueNumber = StrongNumber<struct QueueNumberTag>;

// Where a message stands. Lanes are priorities, lane 0 the highest; a queue numbers its messages
// across its lanes, in the order of posting.
struct MessagePlace {
    uint8_t lane = 0;
    uint64_t sequence = 0;

    auto operator<=>(const MessagePlace&) const = default;
};

inline constexpr uint8_t priority_max = 9;
constexpr uint8_t lane_of_priority(uint8_t priority) {
    return static_cast<uint8_t>(priority_max - priority);
}

struct Lane {
    uint64_t head = 1;  // nothing is left below
    // Claimed, delayed, waiting for their group, unreadable, or gone; not all that is gone.
    RunSet unready;
    // Messages end in the order of posting while nobody shortens their life; then none of them
    // needs a row of its own that says when. Those that end before this one have one.
    Instant ordered_until = Instant::min();
    uint64_t swept = 1;  // of the others, all below were seen to end
};

// Messages that must follow each other. While a claim holds some of them, nobody else gets any.
struct MessageGroup {
    Claim* holder = nullptr;
    size_t held = 0;
    // Seen while they had to wait, or given back for later; unready meanwhile.
    std::set<MessagePlace> parked;
};

struct TakenMessage {
    MessagePlace place;
    uint32_t body_bytes = 0;
    bool is_plain = true;  // no row but its own tells of it
    bool is_gone = false;  // deleted since
};

// Who works on some messages, until when.
struct Claim : TimerHook {
    Claim() : TimerHook(TimerKind::claim_deadline) {}

    ClaimId id;
    Queue* queue = nullptr;
    Instant renewed_at;  // or created
    Duration ttl{};
    Instant expires_at;
    std::vector<TakenMessage> taken;  // in the order in which they were handed out
    std::vector<std::string> groups;  // of each of them; empty when none has one
    size_t live = 0;                  // taken and not gone
    // One of them ends then, unless the claim is renewed for so long that it must live on.
    Instant messages_until = never;
};

struct QueueTimer : TimerHook {
    QueueTimer(TimerKind kind, Queue& timer_queue) : TimerHook(kind), queue(timer_queue) {}

    Queue& queue;
};

struct QueueKey {
    TenantId tenant;
    QueueName queue;

    auto operator<=>(const QueueKey&) const = default;
};

struct Queue {
    explicit Queue(QueueKey queue_key) : key(std::move(queue_key)) {}

    // A queue that does not exist is remembered while somebody waits for its first message.
    [[nodiscard]] bool exists() const { return number != QueueNumber(); }
    // Nothing of it is in memory only.
    [[nodiscard]] bool is_idle() const {
        return claims.empty() && delayed.empty() && waiters.empty() && groups.empty() &&
               !is_dirty && !is_awake;
    }

    const QueueKey key;
    QueueNumber number;
    QueueSettings settings;
    Instant created_at;
    uint64_t version = 1;

    uint64_t next = 1;  // the sequence of the next message
    uint64_t live = 0;  // messages that there are
    uint64_t body_bytes = 0;
    std::map<uint8_t, Lane> lanes;

    RunSet delayed;  // sequences
    uint64_t delayed_count = 0;
    // Runs of sequences by the place of their first one; some of them may be gone.
    struct ClaimedRun {
        uint64_t end = 0;
        Claim* claim = nullptr;
    };
    std::map<MessagePlace, ClaimedRun> claimed;
    uint64_t claimed_count = 0;  // without those that are gone
    boost::unordered_flat_map<ClaimId, std::unique_ptr<Claim>, OpaqueIdHash> claims;
    std::map<std::string, MessageGroup, std::less<>> groups;
    std::set<MessagePlace> parked;  // of all groups
    // Sequences of those that were met and whose body could not be decrypted. They are unready, so
    // that nobody looks at them again until the queue is loaded anew, perhaps with more keys.
    RunSet unreadable;

    WaiterList waiters;
    size_t asked_once = 0;     // of those: they do not wait, only the search for them goes on
    bool is_searched = false;  // a search goes on in the next batch
    bool is_awake = false;     // has messages that those who wait have not been asked about yet
    bool is_dirty = false;     // its counters are to be written at the end of the batch

    // No row of message_expiry, or of message_delay, is about an earlier time: scans begin here,
    // past those that were erased.
    Instant expiry_floor = Instant::min();
    Instant delay_floor = Instant::min();
    QueueTimer expiry_timer{TimerKind::queue_expiry, *this};
    QueueTimer delay_timer{TimerKind::queue_delay, *this};
};

// What the claim has taken is claimed from now on.
void hold(Queue& queue, Claim& claim);

struct HeldMessage {
    Claim* claim = nullptr;  // null: nobody holds it
    size_t index = 0;        // in claim->taken
};
HeldMessage find_held(const Queue& queue, MessagePlace place);
// It belongs to no claim any more; another one may come.
void forget_run(Queue& queue, MessagePlace place);

}  // namespace signalbox
