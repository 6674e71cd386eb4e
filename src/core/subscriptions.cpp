#include "core/subscriptions.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/queue_checks.h"

namespace signalbox {
namespace {

Error not_found(const SubscriptionId& id) {
    return {ErrorCode::not_found, fmt::format("subscription {} not found", id.text()), {}};
}

Error exists_already() {
    return {ErrorCode::conflict, "is subscribed already", "subscriber"};
}

SubscriptionView view_of(const Subscription& subscription, Now now) {
    SubscriptionView view;
    view.id = subscription.id;
    view.queue = subscription.outbox.key.queue;
    view.subscriber = subscription.subscriber;
    view.ttl = subscription.ttl;
    view.age = std::max(now.wall - subscription.renewed_at, Duration::zero());
    view.options = subscription.options;
    view.is_confirmed = subscription.is_confirmed;
    view.delivery = Deliveries::status_of(subscription);
    return view;
}

Subscription* find_subscriber(const Outbox& outbox, std::string_view subscriber) {
    for (const auto& [id, subscription] : outbox.subscriptions) {
        if (subscription->subscriber == subscriber) return subscription.get();
    }
    return nullptr;
}

}  // namespace

Result<void> Subscriptions::check(std::string_view subscriber, std::string_view options,
                                  Duration ttl) const {
    if (subscriber.empty() || subscriber.size() > limits_.subscriber_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have 1 to {} bytes", limits_.subscriber_bytes_max),
                    "subscriber");
    }
    if (options.size() > limits_.options_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("must have at most {} bytes", limits_.options_bytes_max),
                    "options");
    }
    if (ttl < limits_.ttl_min) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at least {}", format_duration(limits_.ttl_min)), "ttl");
    }
    return {};
}

// For one more.
Result<void> Subscriptions::check_room(TenantId tenant, const Outbox* outbox, size_t bytes) const {
    if (outbox != nullptr && outbox->subscriptions.size() >= limits_.per_queue_max) {
        return fail(ErrorCode::overloaded, "is one more than a queue may have", "subscriber");
    }
    if (quotas_.subscriptions_max > 0 &&
        outboxes_.subscription_count(tenant) >= quotas_.subscriptions_max) {
        return fail(
            ErrorCode::overloaded,
            fmt::format("of {} subscriptions is reached by this tenant", quotas_.subscriptions_max),
            "quota_subscriptions_max");
    }
    if (outboxes_.subscription_count() >= limits_.subscriptions_max) {
        return fail(ErrorCode::overloaded, "too many subscriptions");
    }
    return check_bytes(bytes, 0);
}

Result<void> Subscriptions::check_bytes(size_t bytes, size_t bytes_before) const {
    if (bytes > bytes_before &&
        outboxes_.subscription_bytes() + (bytes - bytes_before) > limits_.bytes_max) {
        return fail(ErrorCode::overloaded, "the subscriptions that there are take all the room");
    }
    return {};
}

Subscription* Subscriptions::find(TenantId tenant, const QueueName& queue,
                                  const SubscriptionId& id) const {
    const Outbox* const outbox = outboxes_.find({tenant, queue});
    if (outbox == nullptr) return nullptr;
    const auto found = outbox->subscriptions.find(id);
    return found == outbox->subscriptions.end() ? nullptr : found->second.get();
}

Result<Subscription*> Subscriptions::require(TenantId tenant, const QueueName& queue,
                                             const SubscriptionId& id) const {
    Subscription* const found = find(tenant, queue, id);
    if (found == nullptr) return fail(not_found(id));
    return found;
}

void Subscriptions::ask_to_confirm(Subscription& subscription, Subscription::Notice notice) {
    subscription.notice = notice;
    ++subscription.generation;
    subscription.failures = 0;
    subscription.next_attempt_at = Instant::min();
}

Result<SubscriptionCreated> Subscriptions::create(TenantId tenant, const std::string& tenant_name,
                                                  CreateSubscription command, Step& step) {
    TRY(check_queue_name(command.queue.name, queue_limits_));
    TRY(check(command.subscriber, command.options, command.ttl));
    const QueueKey key{tenant, command.queue};
    if (const Outbox* const outbox = outboxes_.find(key)) {
        if (Subscription* const same = find_subscriber(*outbox, command.subscriber)) {
            if (same->is_confirmed && !same->is_gone) return fail(exists_already());
            // It has not answered, or said that it was gone, and is wanted again.
            same->is_gone = false;
            same->needs_confirmation = command.needs_confirmation;
            if (command.needs_confirmation && !same->is_confirmed) {
                ask_to_confirm(*same, Subscription::Notice::confirmation);
            }
            outboxes_.keep(*same, step);
            deliveries_.want_at_once(*same, step);
            return SubscriptionCreated{same->id, false, same->is_confirmed};
        }
    }
    TRY(check_room(tenant, outboxes_.find(key),
                   command.subscriber.size() + command.options.size()));
    TRY(catalog_.find_or_create(tenant, command.queue, step));
    Outbox& outbox = outboxes_.find_or_make(key, tenant_name, step);
    SubscriptionId id;
    do {
        id = SubscriptionId::from_raw(step.random.uuid().raw().substr(0, sizeof(SubscriptionId)));
    } while (outbox.subscriptions.contains(id));
    Subscription& subscription = outboxes_.add(outbox, id);
    subscription.subscriber = std::move(command.subscriber);
    subscription.options = std::move(command.options);
    subscription.ttl = command.ttl;
    subscription.renewed_at = step.now.wall;
    subscription.expires_at = saturating_add(step.now.wall, command.ttl);
    subscription.needs_confirmation = command.needs_confirmation;
    if (command.needs_confirmation) {
        ask_to_confirm(subscription, Subscription::Notice::confirmation);
        deliveries_.want(subscription);
    }
    outboxes_.keep(subscription, step);
    return SubscriptionCreated{id, true, false};
}

Result<SubscriptionView> Subscriptions::get(TenantId tenant, const GetSubscription& command,
                                            Now now) const {
    TRY_AS(const Subscription* const found, require(tenant, command.queue, command.id));
    return view_of(*found, now);
}

SubscriptionList Subscriptions::list(TenantId tenant, const ListSubscriptions& command,
                                     Now now) const {
    SubscriptionList list;
    const Outbox* const outbox = outboxes_.find({tenant, command.queue});
    if (outbox == nullptr) return list;
    auto next = command.after ? outbox->subscriptions.upper_bound(*command.after)
                              : outbox->subscriptions.begin();
    for (; next != outbox->subscriptions.end() && list.subscriptions.size() < command.limit;
         ++next) {
        list.subscriptions.push_back(view_of(*next->second, now));
    }
    return list;
}

Result<SubscriptionUpdated> Subscriptions::update(TenantId tenant, UpdateSubscription command,
                                                  Step& step) {
    TRY_AS(Subscription* const found, require(tenant, command.queue, command.id));
    const auto& subscriber = command.subscriber ? *command.subscriber : found->subscriber;
    const auto& options = command.options ? *command.options : found->options;
    // What is not changed may be from when more was allowed.
    TRY(check(subscriber, command.options.value_or("{}"), command.ttl.value_or(found->ttl)));
    TRY(check_bytes(subscriber.size() + options.size(), found->kept_bytes));
    if (command.subscriber && *command.subscriber != found->subscriber) {
        if (find_subscriber(found->outbox, *command.subscriber) != nullptr) {
            return fail(exists_already());
        }
        found->subscriber = std::move(*command.subscriber);
        // Somebody else: they have said nothing yet.
        ++found->generation;
        found->is_proven = false;
        found->is_gone = false;
        found->failures = 0;
        found->next_attempt_at = Instant::min();
        found->last_error.clear();
        if (found->needs_confirmation) {
            found->is_confirmed = false;
            ask_to_confirm(*found, Subscription::Notice::confirmation);
        }
    }
    if (command.options) found->options = std::move(*command.options);
    if (command.ttl) {
        found->ttl = *command.ttl;
        found->renewed_at = step.now.wall;
        found->expires_at = saturating_add(step.now.wall, *command.ttl);
    }
    outboxes_.keep(*found, step);
    deliveries_.want_at_once(*found, step);
    return SubscriptionUpdated{};
}

Result<SubscriptionUpdated> Subscriptions::confirm(TenantId tenant,
                                                   const ConfirmSubscription& command, Step& step) {
    TRY_AS(Subscription* const found, require(tenant, command.queue, command.id));
    found->is_confirmed = command.is_confirmed;
    if (command.is_confirmed) {
        if (found->notice != Subscription::Notice::none) {
            ++found->generation;
            // What became of the question says nothing of the messages.
            found->failures = 0;
            found->next_attempt_at = Instant::min();
            found->last_error.clear();
        }
        found->notice = Subscription::Notice::none;
        found->is_gone = false;
    } else if (found->needs_confirmation) {
        ask_to_confirm(*found, Subscription::Notice::unsubscription);
    }
    outboxes_.keep(*found, step);
    deliveries_.want_at_once(*found, step);
    return SubscriptionUpdated{};
}

Result<SubscriptionDeleted> Subscriptions::remove(TenantId tenant,
                                                  const DeleteSubscription& command, Step& step) {
    Subscription* const found = find(tenant, command.queue, command.id);
    if (found == nullptr) return SubscriptionDeleted{false};
    erase(*found, step);
    return SubscriptionDeleted{};
}

Result<SubscriptionsPurged> Subscriptions::purge(TenantId tenant, const PurgeSubscriptions& command,
                                                 Step& step) {
    SubscriptionsPurged purged;
    const QueueKey key{tenant, command.queue};
    for (const Outbox* outbox = outboxes_.find(key); outbox != nullptr;
         outbox = outboxes_.find(key)) {
        erase(*outbox->subscriptions.begin()->second, step);
        ++purged.count;
    }
    return purged;
}

void Subscriptions::on_deadline(Subscription& subscription, Step& step) {
    erase(subscription, step);
}

void Subscriptions::erase(Subscription& subscription, Step& step) {
    deliveries_.forget(subscription);
    outboxes_.remove(subscription, step);
}

}  // namespace signalbox
