#include "core/tenant_usage.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr int64_t seconds_at_once = 10;
constexpr int64_t allowance_per_message = 1000;

std::string usage_key(TenantId tenant) {
    return KeyBuilder(Table::tenant_usage).tenant(tenant).take();
}

Error damaged() {
    return {ErrorCode::internal, "a row of a tenant's usage is damaged", {}};
}

Result<TenantUsage::Usage> decode(std::string_view row) {
    ByteReader reader(row);
    TenantUsage::Usage usage;
    usage.queues = reader.varint();
    usage.messages = reader.varint();
    usage.bytes = reader.varint();
    if (!reader.ok()) return fail(damaged());
    return usage;
}

Error over(const char* quota, uint64_t max, const char* what) {
    return {ErrorCode::overloaded, fmt::format("of {} {} is reached by this tenant", max, what),
            quota};
}

}  // namespace

Result<void> TenantUsage::load(const RowReader& rows) {
    const auto prefix = KeyBuilder(Table::tenant_usage).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        ByteReader key(scan->key());
        key.u8();
        const TenantId tenant(key.u32_be());
        TRY_AS(const auto usage, decode(scan->value()));
        if (!key.ok()) return fail(damaged());
        tenants_[tenant].usage = usage;
        total_.queues += usage.queues;
        total_.messages += usage.messages;
        total_.bytes += usage.bytes;
    }
    return scan->status();
}

Result<void> TenantUsage::check_queue(TenantId tenant) const {
    if (quotas_.queues_max > 0 && of(tenant).queues >= quotas_.queues_max) {
        return fail(over("quota_queues_max", quotas_.queues_max, "queues"));
    }
    return {};
}

Result<void> TenantUsage::check_post(TenantId tenant, uint64_t messages, uint64_t bytes, Now now) {
    if (quotas_.messages_max > 0 && of(tenant).messages + messages > quotas_.messages_max) {
        return fail(over("quota_messages_max", quotas_.messages_max, "messages"));
    }
    if (quotas_.bytes_max > 0 && of(tenant).bytes + bytes > quotas_.bytes_max) {
        return fail(over("quota_bytes_max", quotas_.bytes_max, "bytes"));
    }
    if (quotas_.messages_per_second == 0) return {};
    Tenant& entry = tenants_[tenant];
    const auto rate = static_cast<int64_t>(quotas_.messages_per_second);
    const int64_t full = rate * seconds_at_once * allowance_per_message;
    if (!entry.has_allowance) {
        entry.has_allowance = true;
        entry.allowance = full;
        entry.filled_at = now.steady;
    }
    // A message a second is one thousandth of it a millisecond.
    const int64_t passed = (now.steady - entry.filled_at).count();
    entry.allowance =
        passed > seconds_at_once * 1000 ? full : std::min(full, entry.allowance + passed * rate);
    entry.filled_at = now.steady;
    const int64_t cost = static_cast<int64_t>(messages) * allowance_per_message;
    // What is larger than the bucket passes when it is full, or it could never pass.
    if (entry.allowance < std::min(cost, full)) {
        return fail(
            over("quota_messages_per_second", quotas_.messages_per_second, "messages a second"));
    }
    entry.allowance -= cost;
    return {};
}

TenantUsage::Tenant& TenantUsage::change(TenantId tenant) {
    Tenant& entry = tenants_[tenant];
    if (!entry.is_changed) {
        entry.is_changed = true;
        changed_.push_back(tenant);
    }
    return entry;
}

void TenantUsage::add_queue(TenantId tenant) {
    ++change(tenant).usage.queues;
    ++total_.queues;
}

void TenantUsage::remove_queue(TenantId tenant) {
    Usage& usage = change(tenant).usage;
    ASSERT(usage.queues > 0);
    --usage.queues;
    --total_.queues;
}

void TenantUsage::add_messages(TenantId tenant, uint64_t messages, uint64_t bytes) {
    Usage& usage = change(tenant).usage;
    usage.messages += messages;
    usage.bytes += bytes;
    total_.messages += messages;
    total_.bytes += bytes;
}

void TenantUsage::remove_messages(TenantId tenant, uint64_t messages, uint64_t bytes) {
    Usage& usage = change(tenant).usage;
    ASSERT(usage.messages >= messages && usage.bytes >= bytes);
    usage.messages -= messages;
    usage.bytes -= bytes;
    total_.messages -= messages;
    total_.bytes -= bytes;
}

void TenantUsage::write_changed(Step& step) {
    for (const TenantId tenant : changed_) {
        Tenant& entry = tenants_.at(tenant);
        entry.is_changed = false;
        std::string row;
        put_varint(row, entry.usage.queues);
        put_varint(row, entry.usage.messages);
        put_varint(row, entry.usage.bytes);
        step.ready.writes.put(usage_key(tenant), row);
    }
    changed_.clear();
}

TenantUsage::Usage TenantUsage::of(TenantId tenant) const {
    const auto found = tenants_.find(tenant);
    return found == tenants_.end() ? Usage() : found->second.usage;
}

void TenantUsage::check() const {
    Usage sum;
    for (const auto& [id, tenant] : tenants_) {
        sum.queues += tenant.usage.queues;
        sum.messages += tenant.usage.messages;
        sum.bytes += tenant.usage.bytes;
    }
    ASSERT(sum.queues == total_.queues);
    ASSERT(sum.messages == total_.messages);
    ASSERT(sum.bytes == total_.bytes);
}

Result<TenantUsage::Usage> read_usage(const RowReader& rows, TenantId tenant) {
    TRY_AS(const auto row, rows.get(usage_key(tenant)));
    return row ? decode(*row) : TenantUsage::Usage();
}

}  // namespace signalbox
