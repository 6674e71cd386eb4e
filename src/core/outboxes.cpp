#include "core/outboxes.h"

#include <algorithm>

#include "base/assert.h"
#include "core/outbox_rows.h"
#include "core/retry_policy.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

// Fewer are erased one by one: a range costs those who read near it.
constexpr uint64_t erased_one_by_one_max = 256;
// Whoever is too far behind loses so much more, this part of what may wait.
constexpr uint64_t spared_divisor = 16;

Error damaged() {
    return {ErrorCode::internal, "a row of a subscription is damaged", {}};
}

// What is under way of a subscription that has not become another is what it is told next.
void check_window(const Subscription& subscription) {
    if (subscription.window == 0 || !subscription.window_is_current()) return;
    ASSERT(subscription.notice == subscription.window_notice);
    if (subscription.window_notice != Subscription::Notice::none) return;
    ASSERT(subscription.has_place && subscription.next == subscription.window_from);
    ASSERT(subscription.next + subscription.window_size <= subscription.outbox.next);
}

size_t bytes_of(const Notification& notification) {
    return sizeof(Notification) + notification.body.size();
}

}  // namespace

Result<void> Outboxes::load(const RowReader& rows, Timers& timers, Now now) {
    const auto prefix = KeyBuilder(Table::outbox).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        const auto row = decode_outbox(scan->key(), scan->value());
        if (!row) return fail(damaged());
        auto outbox = std::make_unique<Outbox>(row->key);
        outbox->number = row->number;
        outbox->tenant = row->tenant;
        last_number_ = std::max(last_number_, row->number);
        by_number_.emplace(row->number, outbox.get());
        outboxes_.emplace(row->key, std::move(outbox));
    }
    TRY(scan->status());
    TRY(load_subscriptions(rows, timers, now));
    for (const auto& [key, outbox] : outboxes_) {
        if (outbox->subscriptions.empty()) return fail(damaged());
        TRY(load_ends(*outbox, rows));
        news_.push_back(outbox->number);
    }
    return {};
}

Result<void> Outboxes::load_subscriptions(const RowReader& rows, Timers& timers, Now now) {
    const auto prefix = KeyBuilder(Table::subscription).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        const auto place = decode_subscription_place(scan->key());
        Outbox* const outbox = place ? find(place->outbox) : nullptr;
        if (outbox == nullptr) return fail(damaged());
        Subscription& subscription = add(*outbox, place->id);
        if (!decode_subscription(scan->value(), subscription)) return fail(damaged());
        count_bytes(subscription, subscription.subscriber.size() + subscription.options.size());
        TRY_AS(const auto row, rows.get(delivery_key(outbox->number, place->id)));
        if (!row || !decode_delivery(*row, subscription)) return fail(damaged());
        if (subscription.is_active()) {
            subscription.has_place = true;
            outbox->places.insert(subscription.next);
            ++active_count_;
        }
        timers.schedule(subscription, subscription.expires_at);
        wait_on(subscription, timers, now);
    }
    return scan->status();
}

// It waited when the server stopped. If the calendar was set back since, no longer than it would
// have at most.
void Outboxes::wait_on(Subscription& subscription, Timers& timers, Now now) const {
    if (subscription.next_attempt_at <= now.wall) return;
    const Duration left = std::min(subscription.next_attempt_at - now.wall,
                                   std::max(RetryPolicy::pause_max, limits_.retry_after_max));
    subscription.next_attempt_at = now.wall + left;
    timers.schedule(subscription.retry_timer, now.steady + left);
}

// Sequences go on behind the last one that there is or that somebody was told.
Result<void> Outboxes::load_ends(Outbox& outbox, const RowReader& rows) {
    const auto lower = notification_key(outbox.number, 0);
    const auto upper = notification_key(outbox.number, ~uint64_t{0});
    const auto last = rows.scan(lower, upper, ScanOrder::descending);
    if (last->valid()) {
        const auto notification = decode_notification(last->key(), last->value());
        if (!notification) return fail(damaged());
        outbox.next = notification->sequence + 1;
        outbox.bytes = notification->bytes_before + notification->body.size();
    }
    TRY(last->status());
    for (const auto& [id, subscription] : outbox.subscriptions) {
        outbox.next = std::max(outbox.next, subscription->next);
    }
    outbox.floor = outbox.places.empty() ? outbox.next : *outbox.places.begin();
    for (const auto place : outbox.places) pending_count_ += outbox.next - place;
    return {};
}

Outbox* Outboxes::find(const QueueKey& key) const {
    const auto found = outboxes_.find(key);
    return found == outboxes_.end() ? nullptr : found->second.get();
}

Outbox* Outboxes::find(OutboxNumber number) const {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? nullptr : found->second;
}

Outbox* Outboxes::listening(const QueueKey& key) const {
    if (active_count_ == 0) return nullptr;
    Outbox* const outbox = find(key);
    return outbox != nullptr && !outbox->places.empty() ? outbox : nullptr;
}

Outbox& Outboxes::find_or_make(const QueueKey& key, const std::string& tenant, Step& step) {
    if (Outbox* const found = find(key)) return *found;
    auto made = std::make_unique<Outbox>(key);
    last_number_ = last_number_.next();
    made->number = last_number_;
    made->tenant = tenant;
    step.ready.writes.put(outbox_key(key), encode_outbox(*made));
    Outbox& outbox = *made;
    by_number_.emplace(outbox.number, &outbox);
    outboxes_.emplace(key, std::move(made));
    return outbox;
}

Subscription& Outboxes::add(Outbox& outbox, const SubscriptionId& id) {
    auto made = std::make_unique<Subscription>(outbox);
    made->id = id;
    // Wherever others are: what is kept for them was posted before.
    made->next = outbox.next;
    ++subscription_count_;
    if (outbox.key.queue.kind != QueueKind::applier) ++subscriptions_of_[outbox.key.tenant];
    const auto [added, is_new] = outbox.subscriptions.emplace(id, std::move(made));
    ASSERT(is_new);
    return *added->second;
}

uint64_t Outboxes::subscription_count(TenantId tenant) const {
    const auto found = subscriptions_of_.find(tenant);
    return found == subscriptions_of_.end() ? 0 : found->second;
}

void Outboxes::count_bytes(Subscription& subscription, size_t bytes) {
    subscription_bytes_ += bytes;
    subscription_bytes_ -= subscription.kept_bytes;
    subscription.kept_bytes = bytes;
}

void Outboxes::keep(Subscription& subscription, Step& step) {
    Outbox& outbox = subscription.outbox;
    count_bytes(subscription, subscription.subscriber.size() + subscription.options.size());
    if (subscription.is_active() && !subscription.has_place) {
        subscription.next = outbox.next;
        subscription.has_place = true;
        ++subscription.generation;
        outbox.places.insert(subscription.next);
        ++active_count_;
        if (outbox.places.size() == 1) outbox.floor = outbox.next;
    } else if (!subscription.is_active() && subscription.has_place) {
        subscription.has_place = false;
        ++subscription.generation;
        pending_count_ -= outbox.next - subscription.next;
        outbox.places.erase(outbox.places.find(subscription.next));
        --active_count_;
        raise_floor(outbox, step);
    }
    step.timers.schedule(subscription, subscription.expires_at);
    step.ready.writes.put(subscription_key(outbox.number, subscription.id),
                          encode_subscription(subscription));
    write_delivery(subscription, step);
}

void Outboxes::remove(Subscription& subscription, Step& step) {
    Outbox& outbox = subscription.outbox;
    if (subscription.has_place) {
        pending_count_ -= outbox.next - subscription.next;
        outbox.places.erase(outbox.places.find(subscription.next));
        --active_count_;
        raise_floor(outbox, step);
    }
    step.ready.writes.erase(subscription_key(outbox.number, subscription.id));
    step.ready.writes.erase(delivery_key(outbox.number, subscription.id));
    count_bytes(subscription, 0);
    if (outbox.key.queue.kind != QueueKind::applier) {
        const auto of_tenant = subscriptions_of_.find(outbox.key.tenant);
        if (--of_tenant->second == 0) subscriptions_of_.erase(of_tenant);
    }
    const SubscriptionId id = subscription.id;
    outbox.subscriptions.erase(id);
    --subscription_count_;
    if (!outbox.subscriptions.empty()) return;
    ASSERT(outbox.floor == outbox.next);
    forget_recent(outbox, outbox.next);
    step.ready.writes.erase(outbox_key(outbox.key));
    by_number_.erase(outbox.number);
    const QueueKey key = outbox.key;
    outboxes_.erase(key);
}

void Outboxes::append(Outbox& outbox, Notification notification, Step& step) {
    notification.sequence = outbox.next++;
    pending_count_ += outbox.places.size();
    notification.bytes_before = outbox.bytes;
    outbox.bytes += notification.body.size();
    row_buffer_.clear();
    encode_notification(notification, row_buffer_);
    step.ready.writes.put(notification_key(outbox.number, notification.sequence), row_buffer_);
    remember(outbox, std::make_shared<const Notification>(std::move(notification)));
    if (news_.empty() || news_.back() != outbox.number) news_.push_back(outbox.number);
}

Result<uint64_t> Outboxes::bytes_before(const Outbox& outbox, uint64_t sequence,
                                        const RowReader& rows) {
    if (sequence == outbox.next) return outbox.bytes;
    if (is_recent(outbox, sequence)) {
        return outbox.recent[sequence - outbox.recent.front()->sequence]->bytes_before;
    }
    const auto key = notification_key(outbox.number, sequence);
    TRY_AS(const auto row, rows.get(key));
    const auto notification = row ? decode_notification(key, *row) : std::nullopt;
    if (!notification) return fail(damaged());
    return notification->bytes_before;
}

Result<bool> Outboxes::is_too_far_behind(const Outbox& outbox, uint64_t sequence,
                                         const RowReader& rows) const {
    if (outbox.next - sequence > limits_.notifications_max) return true;
    // The last one is always kept.
    if (outbox.next - sequence <= 1) return false;
    TRY_AS(const auto before, bytes_before(outbox, sequence, rows));
    return outbox.bytes - before > limits_.notification_bytes_max;
}

// With some room, or everybody's place would have to be moved with each message.
Result<uint64_t> Outboxes::first_allowed(const Outbox& outbox, const RowReader& rows) const {
    const uint64_t count = limits_.notifications_max - limits_.notifications_max / spared_divisor;
    const uint64_t bytes_max =
        limits_.notification_bytes_max - limits_.notification_bytes_max / spared_divisor;
    uint64_t first = std::max(outbox.floor, outbox.next - std::min(outbox.next, count));
    uint64_t last = outbox.next - 1;
    while (first < last) {
        const uint64_t middle = first + (last - first) / 2;
        TRY_AS(const auto before, bytes_before(outbox, middle, rows));
        if (outbox.bytes - before <= bytes_max) {
            last = middle;
        } else {
            first = middle + 1;
        }
    }
    return first;
}

uint64_t Outboxes::make_room(Outbox& outbox, Step& step) {
    const bool is_within = outbox.next - outbox.floor <= limits_.notifications_max &&
                           outbox.bytes - outbox.bytes_gone <= limits_.notification_bytes_max;
    if (is_within) return 0;
    // What cannot be read now is looked at again with the next message.
    const auto gone = bytes_before(outbox, outbox.floor, step.rows);
    if (gone) outbox.bytes_gone = *gone;
    uint64_t furthest = outbox.next;  // of those that can be moved
    for (const auto& [id, subscription] : outbox.subscriptions) {
        if (!subscription->has_place || subscription->window != 0) continue;
        furthest = std::min(furthest, subscription->next);
    }
    if (!is_too_far_behind(outbox, furthest, step.rows).value_or(false)) return 0;
    const uint64_t first = first_allowed(outbox, step.rows).value_or(outbox.floor);
    uint64_t lost = 0;
    for (const auto& [id, subscription] : outbox.subscriptions) {
        if (!subscription->has_place || subscription->next >= first || subscription->window != 0) {
            continue;
        }
        // It has failed as often as before: whoever hangs is not asked sooner for that.
        lost += first - subscription->next;
        subscription->dropped += first - subscription->next;
        subscription->last_error = "too many messages wait for it";
        move(*subscription, first);
        write_delivery(*subscription, step);
    }
    if (lost > 0) raise_floor(outbox, step);
    return lost;
}

void Outboxes::move(Subscription& subscription, uint64_t next) {
    auto& places = subscription.outbox.places;
    places.erase(places.find(subscription.next));
    places.insert(next);
    pending_count_ -= next - subscription.next;
    subscription.next = next;
}

void Outboxes::advance(Subscription& subscription, uint64_t next, Step& step) {
    ASSERT(subscription.has_place);
    ASSERT(next >= subscription.next && next <= subscription.outbox.next);
    move(subscription, next);
    raise_floor(subscription.outbox, step);
    write_delivery(subscription, step);
}

void Outboxes::raise_floor(Outbox& outbox, Step& step) {
    const uint64_t floor = outbox.places.empty() ? outbox.next : *outbox.places.begin();
    ASSERT(floor >= outbox.floor);
    if (floor - outbox.floor <= erased_one_by_one_max) {
        for (uint64_t sequence = outbox.floor; sequence < floor; ++sequence) {
            step.ready.writes.erase(notification_key(outbox.number, sequence));
        }
    } else {
        step.ready.writes.erase_range(notification_key(outbox.number, outbox.floor),
                                      notification_key(outbox.number, floor));
    }
    outbox.floor = floor;
    if (floor == outbox.next) outbox.bytes_gone = outbox.bytes;
    forget_recent(outbox, floor);
}

void Outboxes::write_delivery(const Subscription& subscription, Step& step) {
    step.ready.writes.put(delivery_key(subscription.outbox.number, subscription.id),
                          encode_delivery(subscription));
}

// When there is no room for it, those before it are of no use either.
void Outboxes::remember(Outbox& outbox, std::shared_ptr<const Notification> notification) {
    const size_t bytes = bytes_of(*notification);
    if (recent_bytes_ + bytes > limits_.recent_bytes_max) {
        return forget_recent(outbox, outbox.next);
    }
    recent_bytes_ += bytes;
    outbox.recent_bytes += bytes;
    outbox.recent.push_back(std::move(notification));
    // Whoever is further behind reads rows.
    while (outbox.recent.size() > limits_.window_messages_max ||
           outbox.recent_bytes > limits_.window_bytes_max) {
        forget_recent(outbox, outbox.recent.front()->sequence + 1);
    }
}

void Outboxes::forget_recent(Outbox& outbox, uint64_t before) {
    while (!outbox.recent.empty() && outbox.recent.front()->sequence < before) {
        const size_t bytes = bytes_of(*outbox.recent.front());
        recent_bytes_ -= bytes;
        outbox.recent_bytes -= bytes;
        outbox.recent.pop_front();
    }
}

Result<std::vector<std::shared_ptr<const Notification>>> Outboxes::read(
    const Outbox& outbox, uint64_t from, size_t limit, size_t bytes_max,
    const RowReader& rows) const {
    std::vector<std::shared_ptr<const Notification>> found;
    size_t bytes = 0;
    const auto take = [&](std::shared_ptr<const Notification> notification) {
        bytes += notification->body.size();
        found.push_back(std::move(notification));
        return found.size() < limit && bytes < bytes_max;
    };
    if (is_recent(outbox, from)) {
        const auto skipped = static_cast<std::ptrdiff_t>(from - outbox.recent.front()->sequence);
        for (auto next = outbox.recent.begin() + skipped; next != outbox.recent.end(); ++next) {
            if (!take(*next)) break;
        }
        return found;
    }
    const auto scan = rows.scan(notification_key(outbox.number, from),
                                notification_key(outbox.number, outbox.next));
    for (; scan->valid(); scan->next()) {
        auto notification = decode_notification(scan->key(), scan->value());
        if (!notification) return fail(damaged());
        if (!take(std::make_shared<const Notification>(std::move(*notification)))) break;
    }
    TRY(scan->status());
    return found;
}

void Outboxes::check(const RowReader& rows) const {
    size_t subscriptions = 0;
    std::map<TenantId, uint64_t> of_tenants;
    uint64_t bytes_of_all = 0;
    uint64_t pending = 0;
    size_t active = 0;
    size_t recent_bytes = 0;
    for (const auto& [key, outbox] : outboxes_) {
        ASSERT(outbox->key == key && find(outbox->number) == outbox.get());
        ASSERT(!outbox->subscriptions.empty());
        std::multiset<uint64_t> places;
        for (const auto& [id, subscription] : outbox->subscriptions) {
            ASSERT(subscription->id == id && &subscription->outbox == outbox.get());
            ASSERT(subscription->is_active() == subscription->has_place);
            ASSERT(subscription->next <= outbox->next);
            check_window(*subscription);
            if (subscription->has_place) places.insert(subscription->next);
            ++subscriptions;
            bytes_of_all += subscription->subscriber.size() + subscription->options.size();
            if (key.queue.kind != QueueKind::applier) ++of_tenants[key.tenant];
        }
        ASSERT(places == outbox->places);
        for (const auto place : places) pending += outbox->next - place;
        active += places.size();
        ASSERT(outbox->floor == (places.empty() ? outbox->next : *places.begin()));
        uint64_t sequence = outbox->floor;
        uint64_t bytes = outbox->bytes;
        const auto scan = rows.scan(notification_key(outbox->number, 0),
                                    notification_key(outbox->number, ~uint64_t{0}));
        for (; scan->valid(); scan->next(), ++sequence) {
            const auto notification = decode_notification(scan->key(), scan->value());
            ASSERT(notification && notification->sequence == sequence);
            ASSERT(sequence > outbox->floor || notification->bytes_before >= outbox->bytes_gone);
            bytes = sequence == outbox->floor ? notification->bytes_before : bytes;
            ASSERT(notification->bytes_before == bytes);
            bytes += notification->body.size();
        }
        ASSERT(sequence == outbox->next && bytes == outbox->bytes);
        recent_bytes += outbox->recent_bytes;
    }
    ASSERT(of_tenants == subscriptions_of_ && bytes_of_all == subscription_bytes_);
    ASSERT(subscriptions == subscription_count_ && active == active_count_);
    ASSERT(recent_bytes == recent_bytes_ && pending == pending_count_);
}

}  // namespace signalbox
