#pragma once

#include "core/deliveries.h"

namespace signalbox {

// What can be asked of subscriptions. Core thread.
class Subscriptions {
public:
    Subscriptions(const SubscriptionLimits& limits, const QueueLimits& queue_limits,
                  const TenantQuotas& quotas, QueueCatalog& catalog, Outboxes& outboxes,
                  Deliveries& deliveries)
        : limits_(limits),
          queue_limits_(queue_limits),
          quotas_(quotas),
          catalog_(catalog),
          outboxes_(outboxes),
          deliveries_(deliveries) {}

    // Makes the queue, too, when there is none.
    Result<SubscriptionCreated> create(TenantId tenant, const std::string& tenant_name,
                                       CreateSubscription command, Step& step);
    [[nodiscard]] Result<SubscriptionView> get(TenantId tenant, const GetSubscription& command,
                                               Now now) const;
    [[nodiscard]] SubscriptionList list(TenantId tenant, const ListSubscriptions& command,
                                        Now now) const;
    Result<SubscriptionUpdated> update(TenantId tenant, UpdateSubscription command, Step& step);
    Result<SubscriptionUpdated> confirm(TenantId tenant, const ConfirmSubscription& command,
                                        Step& step);
    Result<SubscriptionDeleted> remove(TenantId tenant, const DeleteSubscription& command,
                                       Step& step);
    Result<SubscriptionsPurged> purge(TenantId tenant, const PurgeSubscriptions& command,
                                      Step& step);
    void on_deadline(Subscription& subscription, Step& step);

private:
    [[nodiscard]] Subscription* find(TenantId tenant, const QueueName& queue,
                                     const SubscriptionId& id) const;
    [[nodiscard]] Result<Subscription*> require(TenantId tenant, const QueueName& queue,
                                                const SubscriptionId& id) const;
    [[nodiscard]] Result<void> check(std::string_view subscriber, std::string_view options,
                                     Duration ttl) const;
    [[nodiscard]] Result<void> check_room(TenantId tenant, const Outbox* outbox,
                                          size_t bytes) const;
    [[nodiscard]] Result<void> check_bytes(size_t bytes, size_t bytes_before) const;
    void ask_to_confirm(Subscription& subscription, Subscription::Notice notice);
    void erase(Subscription& subscription, Step& step);

    const SubscriptionLimits& limits_;
    const QueueLimits& queue_limits_;
    const TenantQuotas& quotas_;
    QueueCatalog& catalog_;
    Outboxes& outboxes_;
    Deliveries& deliveries_;
};

}  // namespace signalbox
