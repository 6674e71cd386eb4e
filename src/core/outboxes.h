#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "core/outbox.h"
#include "core/step.h"

namespace signalbox {

// Who subscribed to which queue, and the messages that not all of them were told yet. Core thread.
//
// Invariants (check()): an outbox has a subscription; its floor is the place of the active one that
// is furthest behind, or its end; what lies between has rows, and nothing else has.
class Outboxes {
public:
    explicit Outboxes(const SubscriptionLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows, Timers& timers, Now now);

    // Null when nobody subscribed.
    [[nodiscard]] Outbox* find(const QueueKey& key) const;
    [[nodiscard]] Outbox* find(OutboxNumber number) const;
    // `tenant`: the name of the key's.
    Outbox& find_or_make(const QueueKey& key, const std::string& tenant, Step& step);

    // A new subscription; the caller fills it and calls keep().
    Subscription& add(Outbox& outbox, const SubscriptionId& id);
    // Writes what it wants; and takes it among those that messages are kept for, or out of them,
    // as its state says. Whoever comes among them is told of what comes from now on, and is of
    // another generation; so is whoever leaves them.
    void keep(Subscription& subscription, Step& step);
    // With the outbox, when it was the last one.
    void remove(Subscription& subscription, Step& step);

    // The outbox of those who are to be told of what is posted to that queue; null for nobody.
    [[nodiscard]] Outbox* listening(const QueueKey& key) const;
    void append(Outbox& outbox, Notification notification, Step& step);
    // Whether what is told from that sequence on is in memory.
    [[nodiscard]] static bool is_recent(const Outbox& outbox, uint64_t from) {
        return !outbox.recent.empty() && outbox.recent.front()->sequence <= from;
    }
    // At most `limit`, and one more than `bytes_max`, from that sequence on.
    Result<std::vector<std::shared_ptr<const Notification>>> read(const Outbox& outbox,
                                                                  uint64_t from, size_t limit,
                                                                  size_t bytes_max,
                                                                  const RowReader& rows) const;
    // Whoever is further behind than the limits allow loses the oldest; but not who is told
    // something at the moment: of that its report says soon what is left. How many were lost.
    uint64_t make_room(Outbox& outbox, Step& step);
    // It was told all before `next`, or will never be. Writes its place.
    void advance(Subscription& subscription, uint64_t next, Step& step);
    // Only the state of its delivery has changed.
    static void write_delivery(const Subscription& subscription, Step& step);

    // Those that got messages since this was last called.
    [[nodiscard]] std::vector<OutboxNumber> take_news() { return std::exchange(news_, {}); }
    [[nodiscard]] bool has_news() const { return !news_.empty(); }

    [[nodiscard]] size_t subscription_count() const { return subscription_count_; }
    // To queues and topics; a type's appliers are none of them.
    [[nodiscard]] uint64_t subscription_count(TenantId tenant) const;
    // Of subscribers' addresses and options, as they were kept.
    [[nodiscard]] uint64_t subscription_bytes() const { return subscription_bytes_; }
    // Messages that wait, once for each subscriber that is to be told.
    [[nodiscard]] uint64_t pending_count() const { return pending_count_; }
    void check(const RowReader& rows) const;

private:
    Result<void> load_subscriptions(const RowReader& rows, Timers& timers, Now now);
    void wait_on(Subscription& subscription, Timers& timers, Now now) const;
    Result<void> load_ends(Outbox& outbox, const RowReader& rows);
    void raise_floor(Outbox& outbox, Step& step);
    [[nodiscard]] static Result<uint64_t> bytes_before(const Outbox& outbox, uint64_t sequence,
                                                       const RowReader& rows);
    // That more waits from there on than the limits allow.
    [[nodiscard]] Result<bool> is_too_far_behind(const Outbox& outbox, uint64_t sequence,
                                                 const RowReader& rows) const;
    // Where to go on then.
    [[nodiscard]] Result<uint64_t> first_allowed(const Outbox& outbox, const RowReader& rows) const;
    void move(Subscription& subscription, uint64_t next);
    void count_bytes(Subscription& subscription, size_t bytes);
    void remember(Outbox& outbox, std::shared_ptr<const Notification> notification);
    void forget_recent(Outbox& outbox, uint64_t before);

    const SubscriptionLimits& limits_;
    std::map<QueueKey, std::unique_ptr<Outbox>> outboxes_;
    std::unordered_map<OutboxNumber, Outbox*> by_number_;
    std::vector<OutboxNumber> news_;
    OutboxNumber last_number_;
    size_t subscription_count_ = 0;
    std::map<TenantId, uint64_t> subscriptions_of_;
    uint64_t subscription_bytes_ = 0;
    size_t active_count_ = 0;
    uint64_t pending_count_ = 0;
    size_t recent_bytes_ = 0;
    std::string row_buffer_;
};

}  // namespace signalbox
