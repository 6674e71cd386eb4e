#pragma once

#include <string>
#include <string_view>

#include "base/limits.h"
#include "core/collection_commands.h"
#include "core/deliveries.h"
#include "core/outboxes.h"
#include "core/step.h"

namespace signalbox {

// Tells appliers that have an address of what they are to make true, as subscribers are told of
// messages (core/deliveries): in the change set of the change itself, in order, until they take it
// or its deadline has come. Each has an outbox, under a name that no queue can have. Core thread.
class Appliers {
public:
    Appliers(Outboxes& outboxes, Deliveries& deliveries)
        : outboxes_(outboxes), deliveries_(deliveries) {}

    // A type is declared, is declared anew, or is gone: null is what there is not.
    void declare(TenantId tenant, const std::string& tenant_name, const ItemType* before,
                 const ItemType* after, Step& step);
    // What `record` begins; `document` is empty when the item is gone.
    void tell(TenantId tenant, const ItemType& type, const OperationRecord& record,
              std::string_view document, Step& step);

private:
    void subscribe(const QueueKey& key, const std::string& tenant_name, const std::string& url,
                   Step& step);
    void unsubscribe(const QueueKey& key, Step& step);

    Outboxes& outboxes_;
    Deliveries& deliveries_;
};

}  // namespace signalbox
