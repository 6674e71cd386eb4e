#include "core/appliers.h"

#include <algorithm>

#include "codec/json_writer.h"
#include "core/collection_events.h"

namespace signalbox {
namespace {

// As good as for ever, and not so long that it overflows in anybody's units.
constexpr Duration subscription_ttl = std::chrono::days(36'500);
// Soon at first and then twice a minute; an applier is not given up, so that it is told until the
// deadline of its operation, with which what is to be told expires.
constexpr std::string_view options =
    R"({"_retry_policy":{"retries_with_no_delay":1,"minimum_delay_retries":3,"minimum_delay":1,)"
    R"("maximum_delay":30,"maximum_delay_retries":10000}})";

QueueKey key_of(TenantId tenant, const ItemType& type, const Applier& applier) {
    return {tenant, {QueueKind::applier, type.name + "/" + applier.name}};
}

const Applier* find_called(const ItemType* type, std::string_view name) {
    if (type == nullptr) return nullptr;
    const auto found = std::find_if(
        type->appliers.begin(), type->appliers.end(),
        [&](const auto& applier) { return applier.name == name && !applier.url.empty(); });
    return found == type->appliers.end() ? nullptr : &*found;
}

}  // namespace

void Appliers::declare(TenantId tenant, const std::string& tenant_name, const ItemType* before,
                       const ItemType* after, Step& step) {
    if (before != nullptr) {
        for (const auto& applier : before->appliers) {
            if (find_called(after, applier.name) == nullptr) {
                unsubscribe(key_of(tenant, *before, applier), step);
            }
        }
    }
    if (after == nullptr) return;
    for (const auto& applier : after->appliers) {
        if (!applier.url.empty()) {
            subscribe(key_of(tenant, *after, applier), tenant_name, applier.url, step);
        }
    }
}

// One that has said that it is gone is wanted again.
void Appliers::subscribe(const QueueKey& key, const std::string& tenant_name,
                         const std::string& url, Step& step) {
    Outbox& outbox = outboxes_.find_or_make(key, tenant_name, step);
    Subscription* subscription = nullptr;
    if (outbox.subscriptions.empty()) {
        const auto id =
            SubscriptionId::from_raw(step.random.uuid().raw().substr(0, sizeof(SubscriptionId)));
        subscription = &outboxes_.add(outbox, id);
    } else {
        subscription = outbox.subscriptions.begin()->second.get();
    }
    if (subscription->subscriber != url) {
        subscription->subscriber = url;
        subscription->is_proven = false;
        ++subscription->generation;
    }
    subscription->options = options;
    subscription->ttl = subscription_ttl;
    subscription->renewed_at = step.now.wall;
    subscription->expires_at = saturating_add(step.now.wall, subscription_ttl);
    subscription->is_gone = false;
    subscription->failures = 0;
    subscription->next_attempt_at = Instant::min();
    step.timers.schedule(*subscription, subscription->expires_at);
    outboxes_.keep(*subscription, step);
    deliveries_.want_at_once(*subscription, step);
}

void Appliers::unsubscribe(const QueueKey& key, Step& step) {
    Outbox* const outbox = outboxes_.find(key);
    if (outbox == nullptr || outbox->subscriptions.empty()) return;
    Subscription& subscription = *outbox->subscriptions.begin()->second;
    deliveries_.forget(subscription);
    outboxes_.remove(subscription, step);
}

void Appliers::tell(TenantId tenant, const ItemType& type, const OperationRecord& record,
                    std::string_view document, Step& step) {
    for (const auto& applier : type.appliers) {
        Outbox* const outbox =
            applier.url.empty() ? nullptr : outboxes_.listening(key_of(tenant, type, applier));
        if (outbox == nullptr) continue;
        Notification notification;
        notification.message =
            MessageId::from_raw(step.random.uuid().raw().substr(0, sizeof(MessageId)));
        notification.posted_at = step.now.wall;
        notification.ttl = record.deadline - step.now.wall;
        auto& body = notification.body;
        body = R"({"applier":)";
        append_json_string(body, applier.name);
        body += R"(,"operation":)";
        write_operation(body, record);
        if (!document.empty()) {
            body += R"(,"item":)";
            body += document;
        }
        body += '}';
        outboxes_.append(*outbox, std::move(notification), step);
    }
}

}  // namespace signalbox
