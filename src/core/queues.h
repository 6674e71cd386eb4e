#pragma once

#include "core/claims.h"
#include "core/message_body.h"
#include "core/message_followers.h"
#include "core/messages.h"
#include "core/queue_catalog.h"
#include "core/queue_cursors.h"
#include "core/subscriptions.h"
#include "core/tenant_usage.h"

namespace signalbox {

// Queues, their messages, claims, readers and subscribers, wired together. Core thread.
class Queues {
public:
    Queues(const CoreLimits& limits, BodyCipher cipher, Idempotency& idempotency, Tenants& tenants)
        : usage(limits.quota),
          bodies(std::move(cipher)),
          catalog(limits.queue, usage),
          outboxes(limits.subscription),
          followers(limits.subscription),
          messages(limits.queue, bodies, usage, catalog, idempotency, outboxes, followers),
          claims(limits.queue, catalog, messages, tenants),
          cursors(limits.queue, catalog),
          deliveries(limits.subscription, outboxes, catalog, bodies, messages),
          subscriptions(limits.subscription, limits.queue, limits.quota, catalog, outboxes,
                        deliveries) {}

    Result<void> load(const RowReader& rows, Timers& timers, Now now) {
        TRY(usage.load(rows));
        TRY(catalog.load(rows, timers, now));
        return outboxes.load(rows, timers, now);
    }
    // Behind each command, and behind the timers.
    void settle(Claims::Searches searches, Step& step) {
        claims.settle(searches, step);
        deliveries.settle(step);
        followers.settle(step);
    }
    // What the commands and timers of a batch have left to write.
    void finish_batch(Step& step) {
        catalog.finish_batch(step);
        usage.write_changed(step);
    }
    // There is more to do in the next batch, whatever comes.
    [[nodiscard]] bool is_unsettled() const {
        return claims.is_unsettled() || messages.is_searching() || deliveries.is_unsettled();
    }

    struct Statistics {
        Messages::Statistics messages;
        uint64_t queues_now = 0;
        uint64_t queues_loaded = 0;
        uint64_t messages_now = 0;
        uint64_t bytes_now = 0;
        uint64_t claims_now = 0;
        Deliveries::Statistics deliveries;
        uint64_t subscriptions_now = 0;
        uint64_t notifications_pending = 0;
    };
    [[nodiscard]] Statistics statistics() const {
        const auto& total = usage.total();
        return {messages.statistics(),
                total.queues,
                catalog.loaded(),
                total.messages,
                total.bytes,
                catalog.open_claims(),
                deliveries.statistics(),
                outboxes.subscription_count(),
                outboxes.pending_count()};
    }
    void check() const {
        catalog.check();
        usage.check();
        followers.check();
    }

    TenantUsage usage;
    MessageBodies bodies;
    QueueCatalog catalog;
    Outboxes outboxes;
    MessageFollowers followers;
    Messages messages;
    Claims claims;
    QueueCursors cursors;
    Deliveries deliveries;
    Subscriptions subscriptions;
};

}  // namespace signalbox
