#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/queue_commands.h"

namespace signalbox {

// What queues promise, said as plainly as possible: for each queue a list of its messages in the
// order in which they were posted, and for every question a search through all of them. Slow and
// obviously right; the engine must agree with it after every step.
//
// Messages and claims have numbers of their own, because the engine chooses its ids as it likes.
// Time is milliseconds since 1970; what ends at a time is over at that time.
class QueuesModel {
public:
    using Number = uint64_t;

    struct Message {
        Number number = 0;  // of all messages of all queues
        NewMessage content;
        std::string client;
        int64_t posted_ms = 0;
        int64_t ttl_ms = 0;
        int64_t ends_ms = 0;
        int64_t free_ms = 0;          // not before then
        bool was_given_back = false;  // for later
        std::optional<Number> claim;
        uint32_t failures = 0;  // claims that expired over it, or said so
    };
    struct Claim {
        int64_t since_ms = 0;
        int64_t ttl_ms = 0;
        int64_t ends_ms = 0;
    };
    struct Cursor {
        uint64_t sequence = 0;
        int64_t updated_ms = 0;
    };
    struct Queue {
        QueueSettings settings;
        std::string metadata = "{}";
        int64_t created_ms = 0;
        uint64_t updates = 0;
        std::vector<Message> messages;
        std::map<Number, Claim> claims;
        std::map<std::string, Cursor> cursors;
        // What was posted under a key, and when.
        struct Posted {
            std::vector<Number> messages;
            uint64_t digest = 0;
            int64_t at_ms = 0;
        };
        std::map<std::string, Posted> dedups;
        std::map<std::string, Posted> keys;
        uint64_t posted = 0;
    };
    struct Waiter {
        Number number = 0;
        std::string queue;
        ClaimMessages command;
        int64_t until_ms = 0;
    };
    // What a claim got: its number, or nothing.
    struct Given {
        Number waiter = 0;
        std::optional<Number> claim;
        std::vector<Number> messages;
    };

    explicit QueuesModel(int64_t known_for_ms) : known_for_ms_(known_for_ms) {}

    // Whatever came due up to now, one instant after the other.
    void pass_time(int64_t now_ms);
    // Those who wait are gone.
    void restart() { waiters_.clear(); }

    bool create(const CreateQueue& command);
    std::optional<ErrorCode> update(const UpdateQueue& command);
    bool remove(const std::string& queue);
    std::optional<uint64_t> purge(const std::string& queue);

    struct Posted {
        std::vector<Number> messages;
        bool is_replay = false;
    };
    Result<Posted> post(const PostMessages& command);
    // Nothing when it waits.
    std::optional<Given> claim(const ClaimMessages& command);
    std::vector<Message> pop(const std::string& queue, size_t limit);
    bool renew(const RenewClaim& command, Number claim);
    struct Release {
        std::string queue;
        Number claim = 0;
        int64_t delay_ms = 0;
        bool counts_as_failure = false;
        std::vector<Number> only;
    };
    std::optional<uint64_t> release(const Release& command);
    struct Delete {
        std::string queue;
        std::vector<Number> messages;
        std::vector<Number> claims;
        DeleteRule rule = DeleteRule::any;
    };
    Result<uint64_t> remove_messages(const Delete& command);
    // A wait is taken back.
    void forget_waiter(Number waiter);

    Result<Cursor> set_cursor(const SetQueueCursor& command);
    bool remove_cursor(const DeleteQueueCursor& command);

    // Answers to those who waited, in their order.
    std::vector<Given> take_given() { return std::exchange(given_, {}); }
    [[nodiscard]] const std::vector<Waiter>& waiters() const { return waiters_; }
    [[nodiscard]] Number last_waiter() const { return last_waiter_; }

    [[nodiscard]] const std::map<std::string, Queue>& queues() const { return queues_; }
    [[nodiscard]] const Queue* find(const std::string& queue) const;
    [[nodiscard]] const Message* find(const std::string& queue, Number message) const;
    [[nodiscard]] bool is_delayed(const Message& message) const {
        return message.free_ms > now_ms_;
    }
    [[nodiscard]] QueueStats stats(const std::string& queue) const;
    [[nodiscard]] std::vector<Number> held_by(const std::string& queue, Number claim) const;

private:
    Queue& lazy_queue(const std::string& queue);
    Given make_claim(const ClaimMessages& command);
    // The one that the next claim would get; null when there is none.
    Message* next_free(Queue& queue, std::optional<Number> by);
    void serve();
    void expire_claim(Queue& queue, Number claim);
    void give_back(Message& message, bool counts_as_failure, int64_t delay_ms) const;
    void end_empty_claims(Queue& queue);
    void bury(Queue& queue, Number message);
    void keep_limits(Queue& queue, Number first_posted);
    void fire(int64_t now_ms);
    [[nodiscard]] std::optional<int64_t> next_deadline() const;
    [[nodiscard]] bool is_known(const Queue& queue, const Queue::Posted& posted) const;

    const int64_t known_for_ms_;
    int64_t now_ms_ = 0;
    std::map<std::string, Queue> queues_;
    std::vector<Waiter> waiters_;
    std::vector<Given> given_;
    uint64_t buried_ = 0;  // messages that went to dead letters
    Number last_message_ = 0;
    Number last_claim_ = 0;
    Number last_waiter_ = 0;
};

}  // namespace signalbox
