#pragma once

#include "base/limits.h"
#include "core/appliers.h"
#include "core/collection_commands.h"
#include "core/idempotency.h"
#include "core/item_types.h"
#include "core/operations.h"
#include "core/step.h"

namespace signalbox {

// Items that other services replicate. They are rows and nothing else: who reads has a snapshot
// (core/collection_rows). A change, its event and the operation that it begins are one commit.
// What was deleted is told by events and by nothing else, so a reader that has been away for
// longer than they are kept must begin anew, and is told so. Core thread.
class Collections {
public:
    Collections(const CollectionLimits& limits, ItemTypes& types, Operations& operations,
                Idempotency& idempotency, Appliers& appliers)
        : limits_(limits),
          types_(types),
          operations_(operations),
          idempotency_(idempotency),
          appliers_(appliers) {}

    Result<ItemWritten> write(TenantId tenant, WriteItem command, Step& step);
    Result<ItemRemoved> remove(TenantId tenant, const RemoveItem& command, Step& step);

private:
    struct Composed {
        std::string document;
        std::vector<Uuid> owners;
    };

    Result<std::optional<ItemWritten>> find_replay(TenantId tenant, const WriteItem& command,
                                                   const Step& step) const;
    // What the item will be; `before` is null when it is new.
    [[nodiscard]] Result<Composed> compose(const ItemTypes::Known& known, const WriteItem& command,
                                           const std::string& id,
                                           const CollectionItem* before) const;

    const CollectionLimits& limits_;
    ItemTypes& types_;
    Operations& operations_;
    Idempotency& idempotency_;
    Appliers& appliers_;
};

}  // namespace signalbox
