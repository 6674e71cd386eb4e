#include "core/tenants.h"

#include <algorithm>

#include "base/assert.h"
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
        names_.emplace(id, scan->key().substr(prefix.size()));
        last_ = std::max(last_, id);
    }
    return scan->status();
}

TenantId Tenants::find(std::string_view name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? TenantId() : found->second;
}

Result<TenantId> Tenants::propose(std::string_view name) const {
    if (name.size() > limits_.tenant_bytes_max) {
        return fail(ErrorCode::invalid_argument, "is too long", "tenant");
    }
    const auto followed = followed_ids_.find(name);
    if (followed != followed_ids_.end()) return followed->second;
    return free_.empty() ? last_.next() : *free_.begin();
}

Result<void> Tenants::check_room() const {
    if (ids_.size() < limits_.tenants_max) return {};
    return fail(ErrorCode::overloaded, "too many tenants");
}

void Tenants::take(TenantId id) {
    if (free_.erase(id) > 0) return;
    ASSERT(id == last_.next());
    last_ = id;
}

void Tenants::keep(const std::string& name, TenantId id, Step& step) {
    std::string row;
    put_u32_le(row, id.value);
    step.ready.writes.put(tenant_key(name), row);
    names_.emplace(id, name);
    const bool added = ids_.emplace(name, id).second;
    ASSERT(added);
    if (followed_.erase(id) > 0) {
        followed_ids_.erase(name);
    } else {
        take(id);
    }
}

void Tenants::follow(const std::string& name, TenantId id) {
    if (ids_.contains(name)) return;
    const auto [followed, is_new] = followed_.try_emplace(id, Followed{name, 0});
    ASSERT(followed->second.name == name);
    ++followed->second.followers;
    if (!is_new) return;
    followed_ids_.emplace(name, id);
    take(id);
}

void Tenants::unfollow(TenantId id) {
    const auto followed = followed_.find(id);
    if (followed == followed_.end() || --followed->second.followers > 0) return;
    followed_ids_.erase(followed->second.name);
    followed_.erase(followed);
    free_.insert(id);
}

void Tenants::check() const {
    std::set<TenantId> given = free_;
    for (const auto& [name, id] : ids_) {
        given.insert(id);
        ASSERT(names_.at(id) == name);
    }
    ASSERT(names_.size() == ids_.size());
    for (const auto& [id, followed] : followed_) {
        ASSERT(followed.followers > 0);
        ASSERT(followed_ids_.at(followed.name) == id && !ids_.contains(followed.name));
        given.insert(id);
    }
    ASSERT(given.size() == free_.size() + ids_.size() + followed_.size());
    ASSERT(followed_ids_.size() == followed_.size());
    ASSERT(given.empty() || *given.rbegin() <= last_);
}

Result<TenantId> find_tenant(const RowReader& rows, std::string_view name) {
    TRY_AS(const auto row, rows.get(tenant_key(name)));
    return row ? decode(*row) : TenantId();
}

}  // namespace signalbox
