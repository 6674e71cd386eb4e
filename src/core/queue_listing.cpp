#include "core/queue_listing.h"

#include <algorithm>

#include "core/queue_rows.h"
#include "core/tenant_usage.h"
#include "storage/keys.h"

namespace signalbox {

QueueListing::QueueListing(std::shared_ptr<const StoreSnapshot> snapshot, Request request)
    : snapshot_(std::move(snapshot)), request_(std::move(request)) {
    const auto all = queue_row_prefix(request_.tenant, request_.kind);
    const auto begin = all + request_.prefix;
    lower_ = request_.after ? std::max(begin, all + *request_.after + '\0') : begin;
    upper_ = prefix_end(begin);
}

Result<bool> QueueListing::read(size_t rows_max) {
    const size_t name_at = queue_row_prefix(request_.tenant, request_.kind).size();
    const auto scan = snapshot_->scan(lower_, upper_);
    for (size_t rows = 0; scan->valid(); scan->next(), ++rows) {
        if (queues_.size() == request_.limit) {
            has_more_ = true;
            return true;
        }
        if (rows == rows_max) return false;
        auto row = decode_queue(scan->value());
        if (!row) return fail(ErrorCode::internal, "a row of a queue is damaged");
        lower_ = std::string(scan->key()) + '\0';
        QueueView view;
        view.queue = {request_.kind, std::string(scan->key().substr(name_at))};
        view.settings = std::move(row->settings);
        view.metadata = std::move(row->metadata);
        view.created_at = row->created_at;
        view.version = row->version;
        if (!request_.matches || request_.matches(view)) queues_.push_back(std::move(view));
    }
    TRY(scan->status());
    return true;
}

Result<uint64_t> count_queues(const RowReader& rows, TenantId tenant) {
    TRY_AS(const auto usage, read_usage(rows, tenant));
    return usage.queues;
}

}  // namespace signalbox
