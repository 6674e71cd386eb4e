#pragma once

#include "core/claims.h"
#include "core/message_body.h"
#include "core/messages.h"
#include "core/queue_catalog.h"
#include "core/queue_cursors.h"
#include "core/tenant_usage.h"

namespace signalbox {

// Queues, their messages, claims and readers, wired together. Core thread.
class Queues {
public:
    Queues(const QueueLimits& limits, const TenantQuotas& quotas, BodyCipher cipher,
           Idempotency& idempotency, Tenants& tenants)
        : usage(quotas),
          bodies(std::move(cipher)),
          catalog(limits, usage),
          messages(limits, bodies, usage, catalog, idempotency),
          claims(limits, catalog, messages, tenants),
          cursors(limits, catalog) {}

    Result<void> load(const RowReader& rows, Timers& timers, Now now) {
        TRY(usage.load(rows));
        return catalog.load(rows, timers, now);
    }
    // What the commands and timers of a batch have left to write.
    void finish_batch(Step& step) {
        catalog.finish_batch(step);
        usage.write_changed(step);
    }
    // There is more to do in the next batch, whatever comes.
    [[nodiscard]] bool is_unsettled() const {
        return claims.is_unsettled() || messages.is_searching();
    }

    struct Statistics {
        Messages::Statistics messages;
        uint64_t queues_now = 0;
        uint64_t queues_loaded = 0;
        uint64_t messages_now = 0;
        uint64_t bytes_now = 0;
        uint64_t claims_now = 0;
    };
    [[nodiscard]] Statistics statistics() const {
        const auto& total = usage.total();
        return {messages.statistics(), total.queues, catalog.loaded(),
                total.messages,        total.bytes,  catalog.open_claims()};
    }
    void check() const {
        catalog.check();
        usage.check();
    }

    TenantUsage usage;
    MessageBodies bodies;
    QueueCatalog catalog;
    Messages messages;
    Claims claims;
    QueueCursors cursors;
};

}  // namespace signalbox
