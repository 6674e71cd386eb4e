#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/operation_commands.h"
#include "storage/store.h"

// The rows of operations, and how they are read: in the core, or on any thread with a snapshot.

namespace signalbox {

std::string operation_key(TenantId tenant, uint64_t number);
std::string operation_id_key(TenantId tenant, const Uuid& id);
// Those that have not ended.
std::string operation_live_key(TenantId tenant, uint64_t number);
std::string operation_live_prefix();
std::string operation_forget_key(Instant at, TenantId tenant, uint64_t number);
// All that are to be forgotten before `at`: [first, second).
std::pair<std::string, std::string> operations_to_forget(Instant at);

// What a key of an index says.
struct OperationPlace {
    TenantId tenant;
    uint64_t number = 0;
};
std::optional<OperationPlace> decode_operation_live_key(std::string_view key);
std::optional<OperationPlace> decode_operation_forget_key(std::string_view key);

std::string encode_operation(const OperationRecord& record);
// Nothing when the row is damaged.
std::optional<OperationRecord> decode_operation(std::string_view key, std::string_view value);

Result<std::optional<OperationRecord>> find_operation(const RowReader& rows, TenantId tenant,
                                                      const Uuid& id);

// Operations of a tenant, the newest first.
class OperationListing {
public:
    struct Request {
        TenantId tenant;
        std::vector<OperationState> states;  // empty: all
        std::string type;                    // empty: all
        std::string item;                    // of that type; empty: all
        std::optional<Uuid> requester;
        uint64_t before = UINT64_MAX;  // a number; exclusive
    };
    OperationListing(std::shared_ptr<const StoreSnapshot> snapshot, Request request)
        : snapshot_(std::move(snapshot)), request_(std::move(request)) {}

    struct Page {
        std::vector<OperationRecord> operations;
        uint64_t reached = 0;  // the number that was looked at last
        bool at_end = false;
    };
    // Looks at `rows_max` rows at most.
    Result<Page> next(size_t rows_max, size_t limit);
    [[nodiscard]] Revision revision() const { return snapshot_->revision(); }

private:
    [[nodiscard]] bool is_wanted(const OperationRecord& record) const;

    std::shared_ptr<const StoreSnapshot> snapshot_;
    Request request_;
};

}  // namespace signalbox
