#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/queue.h"
#include "core/queue_rows.h"
#include "storage/store.h"

namespace signalbox {

// Reads the messages of a queue one after another, from the rows as they will be once the batch so
// far is committed. With `skip_unready` it steps over runs of what is not ready, and remembers as
// such what it finds to be gone, so that the next one does not look there again.
//
// The rows must not change while it is under way, nor the queue, but for `unready`.
class MessageWalk {
public:
    enum class Order : uint8_t {
        by_lane,      // as they are claimed
        by_sequence,  // as they were posted
    };

    MessageWalk(Queue& queue, const RowReader& rows, Order order, uint64_t after,
                bool skip_unready);

    // False when there are no more.
    Result<bool> next();
    [[nodiscard]] MessagePlace place() const { return current_->place; }
    // Valid until next().
    [[nodiscard]] const MessageRow& row() const { return current_->row; }
    [[nodiscard]] std::string_view encoded() const { return current_->scan->value(); }
    // Rows read so far.
    [[nodiscard]] size_t steps() const { return steps_; }

private:
    struct LaneWalk {
        uint8_t number = 0;
        Lane* lane = nullptr;
        uint64_t at = 0;  // the first sequence that was not looked at
        std::unique_ptr<RowScan> scan;
        uint64_t scan_at = 0;  // the sequence of the row at which the scan stands
        bool is_read = false;  // place and row are those of the next message
        bool is_over = false;
        MessagePlace place{};
        MessageRow row{};
    };

    // Fills place and row, or finds that it is over.
    Result<void> read(LaneWalk& walk);

    Queue& queue_;
    const RowReader& rows_;
    const Order order_;
    const bool skip_unready_;
    std::vector<LaneWalk> lanes_;
    LaneWalk* current_ = nullptr;
    size_t steps_ = 0;
};

}  // namespace signalbox
