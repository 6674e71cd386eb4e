#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/queue_history.h"

namespace signalbox {

// What is certain about messages and claims, whatever happened to the requests without an answer
// and whichever clock the server looked at. The oracle complains only of what contradicts it.
//
// "Through" a call means: at every moment at which the call may have been done.
class QueueFacts {
public:
    struct Options {
        // How late the end of a claim or of a delay may be noticed, at worst.
        int64_t lateness_ms = 0;
        // A message over which so many claims have failed goes to another queue; 0: never.
        std::map<std::string, unsigned> claims_max;
    };
    struct Message {
        const PostedMessage* posted = nullptr;
        const QueueCall* call = nullptr;  // by which it was posted
        size_t place = 0;                 // among those of the call
        std::string id;                   // empty: nobody was ever told
        std::optional<uint64_t> sequence;
        bool was_seen = false;
        bool has_duplicates = false;  // any of several calls may be the one that posted it
        bool is_duplicate = false;    // of one with the same `dedup`: it does not exist
        std::vector<const QueueCall*> sightings;
        std::vector<const QueueCall*> claims;
        std::vector<const QueueCall*> removals;  // also pops that delivered it
    };
    struct Claim {
        const QueueCall* call = nullptr;
        std::vector<const QueueCall*> renewals;
        std::vector<const QueueCall*> releases;
    };

    QueueFacts(const QueueHistory& history, Options options);

    [[nodiscard]] const std::map<std::string, Message>& messages() const { return messages_; }
    [[nodiscard]] const std::vector<const Message*>& messages_of(const std::string& queue) const;
    [[nodiscard]] const Message* find(const std::string& token) const;
    [[nodiscard]] const Claim* find_claim(const std::string& id) const;
    // Contradictions that were met on the way.
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

    // It was posted, and neither deleted nor expired, through the call. It may have moved to the
    // queue of dead letters.
    [[nodiscard]] bool is_present(const Message& message, const QueueCall& through) const;
    // It was gone for good before the call.
    [[nodiscard]] bool is_removed(const Message& message, const QueueCall& before) const;
    [[nodiscard]] bool is_expired(const Message& message, const QueueCall& before) const;
    // A claim that asks for enough gets it.
    [[nodiscard]] bool is_free(const Message& message, const QueueCall& through) const;
    [[nodiscard]] bool is_too_early(const Message& message, const QueueCall& at) const;
    // `claim` held it through the call.
    [[nodiscard]] bool is_held(const Message& message, const Claim& claim,
                               const QueueCall& through) const;
    // Both lived at one time, and both held it.
    [[nodiscard]] bool do_overlap(const Message& message, const Claim& a, const Claim& b) const;
    [[nodiscard]] bool may_have_moved(const Message& message) const;
    [[nodiscard]] bool is_posted_before(const Message& a, const Message& b) const;
    [[nodiscard]] bool was_queue_removed(const std::string& queue) const;
    // A claim gets `a` before `b`.
    [[nodiscard]] bool is_claimed_before(const Message& a, const Message& b) const;

private:
    struct Queue {
        std::vector<const Message*> messages;
        std::vector<const QueueCall*> unknown_claims;
        std::vector<const QueueCall*> unknown_pops;
        std::vector<const QueueCall*> purges;  // or removals of the queue
    };

    void take_posts(const QueueHistory& history);
    void find_duplicates();
    void take_call(const QueueCall& call);
    void take_seen(const QueueCall& call, const SeenMessage& seen);
    [[nodiscard]] bool is_purged(const Message& message, const QueueCall& through) const;
    [[nodiscard]] bool may_be_held(const Message& message, const QueueCall& through) const;
    [[nodiscard]] bool is_seen_behind(const Message& message, const QueueCall& call) const;
    void complain(std::string complaint);

    const Options options_;
    std::map<std::string, Message> messages_;    // by token
    std::map<std::string, std::string> tokens_;  // by id
    std::map<std::string, Claim> claims_;        // by id
    std::map<std::string, Queue> queues_;
    std::vector<std::string> complaints_;
};

}  // namespace signalbox
