#pragma once

#include "base/limits.h"
#include "core/queue_catalog.h"

namespace signalbox {

// How far named readers have come in a queue. Rows only: a reader that commits writes one, and
// nobody but readers looks at it. Core thread.
class QueueCursors {
public:
    QueueCursors(const QueueLimits& limits, QueueCatalog& catalog)
        : limits_(limits), catalog_(catalog) {}

    // At 0 when it was never set. `not_found` when there is no queue.
    Result<QueueCursor> get(TenantId tenant, const GetQueueCursor& command, Step& step);
    Result<QueueCursor> set(TenantId tenant, const SetQueueCursor& command, Step& step);
    Result<QueueCursorDeleted> remove(TenantId tenant, const DeleteQueueCursor& command,
                                      Step& step);
    Result<QueueCursorList> list(TenantId tenant, const ListQueueCursors& command, Step& step);

private:
    const QueueLimits& limits_;
    QueueCatalog& catalog_;
};

}  // namespace signalbox
