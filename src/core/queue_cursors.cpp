#include "core/queue_cursors.h"

#include <fmt/format.h>

#include "core/queue_checks.h"
#include "core/queue_rows.h"

namespace signalbox {
namespace {

Error damaged() {
    return {ErrorCode::internal, "a row of a queue's reader is damaged", {}};
}

Result<std::optional<QueueCursor>> read(const Queue& queue, const std::string& reader,
                                        const Step& step) {
    const auto key = cursor_key(queue.number, reader);
    TRY_AS(const auto row, step.rows.get(key));
    if (!row) return std::optional<QueueCursor>();
    auto cursor = decode_queue_cursor(key, *row);
    if (!cursor) return fail(damaged());
    return cursor;
}

}  // namespace

Result<QueueCursor> QueueCursors::get(TenantId tenant, const GetQueueCursor& command, Step& step) {
    TRY(check_reader_name(command.reader));
    TRY_AS(const Queue* const queue, catalog_.require(tenant, command.queue, step));
    TRY_AS(auto cursor, read(*queue, command.reader, step));
    return cursor.value_or(QueueCursor{command.reader, 0, queue->created_at});
}

Result<QueueCursor> QueueCursors::set(TenantId tenant, const SetQueueCursor& command, Step& step) {
    TRY(check_reader_name(command.reader));
    TRY_AS(const Queue* const queue, catalog_.require(tenant, command.queue, step));
    if (command.sequence >= queue->next) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}, the last message", queue->next - 1),
                    "sequence");
    }
    TRY_AS(const auto before, read(*queue, command.reader, step));
    const uint64_t stands_at = before ? before->sequence : 0;
    if (command.if_sequence && *command.if_sequence != stands_at) {
        return fail(ErrorCode::precondition_failed,
                    fmt::format("is not where the reader stands, which is {}", stands_at),
                    "if_sequence");
    }
    if (!before) {
        TRY_AS(const auto others, list(tenant, ListQueueCursors{command.queue}, step));
        if (others.cursors.size() >= limits_.cursors_max) {
            return fail(ErrorCode::overloaded, "is one more than a queue may have", "reader");
        }
    }
    QueueCursor cursor{command.reader, command.sequence, step.now.wall};
    step.ready.writes.put(cursor_key(queue->number, command.reader), encode_queue_cursor(cursor));
    return cursor;
}

Result<QueueCursorDeleted> QueueCursors::remove(TenantId tenant, const DeleteQueueCursor& command,
                                                Step& step) {
    TRY_AS(const Queue* const queue, catalog_.find(tenant, command.queue, step));
    if (queue == nullptr) return QueueCursorDeleted{false};
    TRY_AS(const auto before, read(*queue, command.reader, step));
    if (!before) return QueueCursorDeleted{false};
    step.ready.writes.erase(cursor_key(queue->number, command.reader));
    return QueueCursorDeleted{true};
}

Result<QueueCursorList> QueueCursors::list(TenantId tenant, const ListQueueCursors& command,
                                           Step& step) {
    TRY_AS(const Queue* const queue, catalog_.require(tenant, command.queue, step));
    const auto range = queue_range(Table::queue_cursor, queue->number);
    QueueCursorList list;
    const auto scan = step.rows.scan(range.lower, range.upper);
    for (; scan->valid(); scan->next()) {
        auto cursor = decode_queue_cursor(scan->key(), scan->value());
        if (!cursor) return fail(damaged());
        list.cursors.push_back(std::move(*cursor));
    }
    TRY(scan->status());
    return list;
}

}  // namespace signalbox
