#include "core/tenants.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

std::string tenant_key(std::string_view name) {
    return KeyBuilder(Table::tenant).tail(name).take();
}

TenantId decode(std::string_view row) {
    return TenantId(ByteReader(row).u32_le());
}

}  // namespace

Result<void> Tenants::load(const RowReader& rows) {
    const auto prefix = KeyBuilder(Table::tenant).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        const TenantId id = decode(scan->value());
        ids_.emplace(scan->key().substr(prefix.size()), id);
        last_ = std::max(last_, id);
    }
    return scan->status();
}

TenantId Tenants::find(std::string_view name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? TenantId() : found->second;
}

Result<TenantId> Tenants::find_or_add(const std::string& name, Step& step) {
    if (const TenantId id = find(name); id != TenantId()) return id;
    if (name.size() > limits_.tenant_bytes_max) {
        return fail(ErrorCode::invalid_argument, "is too long", "tenant");
    }
    if (ids_.size() >= limits_.tenants_max) {
        return fail(ErrorCode::overloaded, "too many tenants");
    }
    last_ = last_.next();
    std::string row;
    put_u32_le(row, last_.value);
    step.ready.writes.put(tenant_key(name), row);
    ids_.emplace(name, last_);
    return last_;
}

Result<TenantId> find_tenant(const RowReader& rows, std::string_view name) {
    TRY_AS(const auto row, rows.get(tenant_key(name)));
    return row ? decode(*row) : TenantId();
}

}  // namespace signalbox
