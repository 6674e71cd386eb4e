#pragma once

#include <map>
#include <set>

#include "base/limits.h"
#include "core/step.h"

namespace signalbox {

// What each tenant has in its queues, held against its quotas. Core thread.
class TenantUsage {
public:
    struct Usage {
        uint64_t queues = 0;
        uint64_t messages = 0;
        uint64_t bytes = 0;  // of bodies
    };

    explicit TenantUsage(const TenantQuotas& quotas) : quotas_(quotas) {}

    Result<void> load(const RowReader& rows);

    // `overloaded`, with the quota as field, when there is no room.
    [[nodiscard]] Result<void> check_queue(TenantId tenant) const;
    // Counts against the rate when it has passed.
    Result<void> check_post(TenantId tenant, uint64_t messages, uint64_t bytes, Now now);

    void add_queue(TenantId tenant);
    void remove_queue(TenantId tenant);
    void add_messages(TenantId tenant, uint64_t messages, uint64_t bytes);
    void remove_messages(TenantId tenant, uint64_t messages, uint64_t bytes);

    // At the end of a batch: what has changed becomes rows.
    void write_changed(Step& step);

    [[nodiscard]] Usage of(TenantId tenant) const;
    // Of all tenants.
    [[nodiscard]] const Usage& total() const { return total_; }
    void check() const;

private:
    struct Tenant {
        Usage usage;
        // Tokens of a bucket that fills with time, in thousandths of a message.
        int64_t allowance = 0;
        SteadyInstant filled_at{};
        bool has_allowance = false;
        bool is_changed = false;
    };

    Tenant& change(TenantId tenant);

    const TenantQuotas& quotas_;
    std::map<TenantId, Tenant> tenants_;
    std::vector<TenantId> changed_;
    Usage total_;
};

// For readers on other threads, with a snapshot.
Result<TenantUsage::Usage> read_usage(const RowReader& rows, TenantId tenant);

}  // namespace signalbox
