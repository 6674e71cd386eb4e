#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "core/idempotency.h"
#include "core/message_body.h"
#include "core/message_followers.h"
#include "core/message_walk.h"
#include "core/outboxes.h"
#include "core/queue_catalog.h"
#include "core/step.h"

namespace signalbox {

// The life of messages: posted, read, deleted, expired. What claims do with them is in Claims.
//
//   posted --delay passes--> ready <--released, expired-- claimed
//      `----------------------`--`--deleted, expired, purged--'--> gone
//
// Core thread.
class Messages {
public:
    Messages(const QueueLimits& limits, MessageBodies& bodies, TenantUsage& usage,
             QueueCatalog& catalog, Idempotency& idempotency, Outboxes& outboxes,
             MessageFollowers& followers)
        : limits_(limits),
          bodies_(bodies),
          usage_(usage),
          catalog_(catalog),
          idempotency_(idempotency),
          outboxes_(outboxes),
          followers_(followers) {}

    Result<MessagesPosted> post(TenantId tenant, PostMessages& command, Step& step);
    // Nothing when it goes on in later batches: both look at a bounded number of rows at a time.
    std::optional<Result<MessageList>> list(TenantId tenant, const ListMessages& command,
                                            RequestId request, Step& step);
    std::optional<Result<MessageList>> pop(TenantId tenant, const PopMessages& command,
                                           RequestId request, Step& step);
    Result<MessageList> get(TenantId tenant, const GetMessages& command, Step& step);
    Result<MessagesDeleted> remove(TenantId tenant, const DeleteMessages& command, Step& step);
    Result<QueueStats> stats(TenantId tenant, const GetQueueStats& command, Step& step);

    // Those that go on.
    [[nodiscard]] bool is_searching() const { return !unfinished_.empty(); }
    void go_on_searching(Step& step);
    void forget_search(RequestId request);
    void stop_searches(const Error& why, Step& step);

    void on_expiry(Queue& queue, Step& step);
    void on_delay(Queue& queue, Step& step);

    // The rest is for Claims.

    // At the end of the queue, whatever it was before; row.moved_id keeps its id.
    MessagePlace append(Queue& queue, uint8_t lane, MessageRow row, Step& step);
    // `row` is needed for messages that are not plain.
    void erase(Queue& queue, MessagePlace place, uint64_t body_bytes, const MessageRow* row,
               Step& step);
    // Of a row that has changed, and whose end was `ended_at` before.
    void rewrite(Queue& queue, MessagePlace place, MessageRow row, Instant ended_at, Step& step);
    // It is ready again, or for the first time.
    void make_ready(Queue& queue, MessagePlace place);
    Result<std::optional<MessagePlace>> place_of(const Queue& queue, const MessageId& id,
                                                 const Step& step) const;
    // It can be had then; its row says so already. One of a group keeps the others of it waiting
    // until then; no group: it does not, whether it is of one or not.
    void delay(Queue& queue, MessagePlace place, Instant until, std::string_view group, Step& step);
    // Others of its group wait for that message.
    static void park(Queue& queue, std::string_view group, MessagePlace place);
    // Whether a message that was found must wait for others of its group. Then it is unready until
    // let_group_on() comes to it, so that nobody looks at it meanwhile.
    bool must_wait(Queue& queue, MessagePlace place, const MessageRow& row);
    // Nobody holds a message of that group any more, or one of it has ended. Those that waited are
    // ready then, so many of them; the next that ends lets more of them on.
    void let_group_on(Queue& queue, std::string_view group);
    // One who waits for its group does so no longer, because it is gone.
    static void forget_parked(Queue& queue, std::string_view group, MessagePlace place);
    // Takes one out of its claim; ends the claim when it was the last.
    void take_from_claim(Queue& queue, const HeldMessage& held, Step& step);
    void end_claim(Queue& queue, Claim& claim, Step& step);
    // Those who wait for a message of the queue shall be asked again.
    void wake(Queue& queue);
    std::vector<Queue*>& awake() { return awake_; }

    // All of it but its body.
    [[nodiscard]] MessageView head_of(const Queue& queue, MessagePlace place, const MessageRow& row,
                                      Instant now) const;
    // Its body; fails when that cannot be decrypted, which is in the log then. Whoever asked for
    // this very message is told, and all others do without it.
    Result<std::string> body_of(const Queue& queue, MessagePlace place, const MessageRow& row,
                                Step& step);
    // One that cannot be decrypted is not handed out, but stays.
    static void set_aside(Queue& queue, MessagePlace place);

    struct Statistics {
        uint64_t posted = 0;
        uint64_t deleted = 0;
        uint64_t expired = 0;
        uint64_t evicted = 0;     // by retention
        uint64_t unreadable = 0;  // bodies that were asked for and could not be decrypted
        uint64_t dead_lettered = 0;
        uint64_t claimed = 0;
        uint64_t claims_expired = 0;
    };
    Statistics& statistics() { return statistics_; }
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }

private:
    struct Unfinished {
        RequestId request;
        TenantId tenant;
        std::variant<ListMessages, PopMessages> command;
        MessageList found;
    };
    struct Doomed {
        MessagePlace place;
        HeldMessage held;
        std::optional<MessageHead> head;  // when it is not plain
    };

    Result<std::vector<MessageId>> post_all(Queue& queue, PostMessages& command, Step& step);
    std::optional<Result<MessageList>> begin(Unfinished search, Step& step);
    // True when it is complete.
    Result<bool> go_on(Unfinished& search, Step& step);
    Result<bool> read_page(Queue& queue, ListMessages& command, MessageList& found, Step& step);
    Result<bool> pop_page(Queue& queue, const PopMessages& command, MessageList& found, Step& step);
    Result<std::optional<Doomed>> doom(Queue& queue, const MessageId& id, Step& step) const;
    Result<void> check_claims(const Queue& queue, const DeleteMessages& command,
                              const std::vector<Doomed>& doomed) const;
    void retain(Queue& queue, uint64_t posted_from, Step& step);
    Result<bool> expire_listed(Queue& queue, Step& step, Instant& next);
    Result<bool> expire_ordered(Queue& queue, uint8_t number, Lane& lane, Step& step,
                                Instant& next);
    void expire(Queue& queue, MessagePlace place, const MessageHead& head, Step& step);
    Result<std::optional<MessageMark>> oldest(Queue& queue, Step& step) const;
    Result<std::optional<MessageMark>> newest(const Queue& queue, Step& step) const;

    const QueueLimits& limits_;
    MessageBodies& bodies_;
    TenantUsage& usage_;
    QueueCatalog& catalog_;
    Idempotency& idempotency_;
    Outboxes& outboxes_;
    MessageFollowers& followers_;
    std::deque<Unfinished> unfinished_;
    std::vector<Queue*> awake_;
    std::string row_buffer_;
    Statistics statistics_;
};

}  // namespace signalbox
