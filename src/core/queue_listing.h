#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/queue_commands.h"
#include "storage/store.h"

namespace signalbox {

// Queues of a tenant by name, from a snapshot; any thread. It reads a bounded number of rows at a
// time, so that a filter that matches little holds nobody up.
class QueueListing {
public:
    struct Request {
        TenantId tenant;
        QueueKind kind = QueueKind::queue;
        std::string prefix;                // of the name
        std::optional<std::string> after;  // a name, exclusive; it need not exist
        size_t limit = 0;
        std::function<bool(const QueueView&)> matches;  // all, when not set
    };
    QueueListing(std::shared_ptr<const StoreSnapshot> snapshot, Request request);

    // Reads on, at most `rows_max` rows. True when the listing is complete.
    Result<bool> read(size_t rows_max);

    [[nodiscard]] std::vector<QueueView>& queues() { return queues_; }
    // There are more rows behind the last queue of a complete listing; they may not match.
    [[nodiscard]] bool has_more() const { return has_more_; }

private:
    std::shared_ptr<const StoreSnapshot> snapshot_;
    Request request_;
    std::string lower_;
    std::string upper_;
    std::vector<QueueView> queues_;
    bool has_more_ = false;
};

// How many queues and topics a tenant has.
Result<uint64_t> count_queues(const RowReader& rows, TenantId tenant);

}  // namespace signalbox
