#include "core/kv.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "core/index_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

Error damaged(const char* what) {
    return {ErrorCode::internal, std::string("a row of ") + what + " is damaged", {}};
}

std::string key_of_lock(std::string_view row_key) {
    ByteReader reader(row_key);
    reader.u8();
    reader.u32_be();
    reader.fixed(sizeof(Uuid));
    return std::string(reader.rest());
}

}  // namespace

Result<void> Kv::load(const RowReader& rows, Timers& timers, Now now) {
    const auto tenants = KeyBuilder(Table::kv_tenant).take();
    const auto tenant_scan = rows.scan(tenants, prefix_end(tenants));
    for (; tenant_scan->valid(); tenant_scan->next()) {
        ByteReader key(tenant_scan->key());
        key.u8();
        const TenantId id(key.u32_be());
        const auto tenant = decode_kv_tenant(tenant_scan->value());
        if (!tenant || !key.ok()) return fail(damaged("the keys of a tenant"));
        tenants_.emplace(id, *tenant);
        entries_ += tenant->entries;
    }
    TRY(tenant_scan->status());
    const auto graves = KeyBuilder(Table::kv_grave_age).take();
    const auto grave_scan = rows.scan(graves, prefix_end(graves));
    for (; grave_scan->valid(); grave_scan->next()) ++graves_;
    TRY(grave_scan->status());
    const auto delays = KeyBuilder(Table::kv_lock_delay).take();
    const auto delay_scan = rows.scan(delays, prefix_end(delays));
    for (; delay_scan->valid(); delay_scan->next()) {
        const auto row = decode_kv_lock_delay(delay_scan->key(), delay_scan->value());
        if (!row) return fail(damaged("a lock's delay"));
        auto delay = std::make_unique<LockDelay>();
        delay->tenant = row->tenant;
        delay->key = row->key;
        // All of it once more: nobody could notice anything while the server was away.
        timers.schedule(*delay, now.steady + row->delay);
        delays_.emplace(Place{row->tenant, row->key}, std::move(delay));
    }
    return delay_scan->status();
}

Result<void> Kv::check_key(const std::string& key) const {
    if (key.empty()) return fail(ErrorCode::invalid_argument, "Missing key name", "key");
    if (key.size() > limits_.key_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", limits_.key_bytes_max), "key");
    }
    return {};
}

Result<void> Kv::check_value(const PutKey& command) const {
    if (command.value.size() > limits_.value_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("Request body too large, max allowed is {} bytes",
                                limits_.value_bytes_max),
                    "value");
    }
    return {};
}

Result<KeyWritten> Kv::put(TenantId tenant, const PutKey& command, Step& step) {
    TRY(check_key(command.key));
    TRY(check_value(command));
    TRY_AS(const bool done, write(tenant, command, step));
    tell(tenant, step);
    return KeyWritten{done};
}

Result<bool> Kv::write(TenantId tenant, const PutKey& command, Step& step) {
    TRY_AS(const auto old, read_kv_entry(step.rows, tenant, command.key));
    if (command.cas && *command.cas != (old ? old->modify_index : 0)) return false;
    if (command.acquire) {
        if (sessions_.find(tenant, *command.acquire) == nullptr) {
            return fail(ErrorCode::not_found,
                        fmt::format("invalid session \"{}\"", command.acquire->text()), "session");
        }
        if (old && old->session && *old->session != *command.acquire) return false;
        if (is_delayed(tenant, command.key)) return false;
    }
    if (command.release && (!old || old->session != command.release)) return false;

    KvEntry entry = old.value_or(KvEntry());
    entry.key = command.key;
    entry.value = command.value;
    entry.flags = command.flags;
    if (command.acquire && entry.session != command.acquire) {
        entry.session = command.acquire;
        ++entry.lock_index;
    }
    if (command.release) entry.session.reset();
    const bool is_same = old && old->value == entry.value && old->flags == entry.flags &&
                         old->session == entry.session;
    if (is_same) return true;
    if (!old && entries_ >= limits_.entries_max) {
        return fail(ErrorCode::overloaded, "too many keys");
    }
    if (command.release) step.ready.writes.erase(kv_lock_key(tenant, *command.release, entry.key));
    if (entry.session && (!old || old->session != entry.session)) {
        step.ready.writes.put(kv_lock_key(tenant, *entry.session, entry.key), {});
    }
    entry.modify_index = index_of(step);
    if (!old) entry.create_index = entry.modify_index;
    keep(tenant, entry, !old, step);
    return true;
}

void Kv::keep(TenantId tenant, const KvEntry& entry, bool is_new, Step& step) {
    step.ready.writes.put(kv_entry_key(tenant, entry.key), encode_kv_entry(entry));
    if (is_new) {
        ++tenants_[tenant].entries;
        ++entries_;
    }
    changed_keys_.push_back(entry.key);
    touch(tenant, step);
}

void Kv::touch(TenantId tenant, Step& step) {
    auto& state = tenants_[tenant];
    state.index = index_of(step);
    step.ready.writes.put(kv_tenant_key(tenant), encode_kv_tenant(state));
}

Result<KeyWritten> Kv::remove(TenantId tenant, const DeleteKey& command, Step& step) {
    if (command.is_prefix) {
        TRY(erase_tree(tenant, command.key, step));
        tell(tenant, step);
        return KeyWritten{true};
    }
    TRY(check_key(command.key));
    TRY_AS(const bool done, erase_one(tenant, command, step));
    tell(tenant, step);
    return KeyWritten{done};
}

Result<bool> Kv::erase_one(TenantId tenant, const DeleteKey& command, Step& step) {
    TRY_AS(const auto entry, read_kv_entry(step.rows, tenant, command.key));
    if (!entry) return true;
    if (command.cas && *command.cas != entry->modify_index) return false;
    erase(tenant, *entry, step);
    return true;
}

void Kv::erase(TenantId tenant, const KvEntry& entry, Step& step) {
    if (entry.session) step.ready.writes.erase(kv_lock_key(tenant, *entry.session, entry.key));
    step.ready.writes.erase(kv_entry_key(tenant, entry.key));
    --tenants_[tenant].entries;
    --entries_;
    bury(tenant, entry.key, step);
    changed_keys_.push_back(entry.key);
    touch(tenant, step);
}

void Kv::bury(TenantId tenant, const std::string& key, Step& step) {
    const Revision revision(index_of(step));
    const auto by_age = kv_grave_age_key(revision, tenant, key);
    // A transaction may delete the same key twice.
    const auto known = step.rows.get(by_age);
    if (known && *known) return;
    step.ready.writes.put(kv_grave_key(tenant, key), encode_kv_grave(revision));
    step.ready.writes.put(by_age, encode_kv_grave_age(step.now.wall));
    oldest_grave_ = std::min(oldest_grave_, by_age);
    ++graves_;
}

// One grave stands for all of them, and for those that were there before: whoever reads a longer
// prefix finds nothing there, and so gets the index of all keys.
Result<void> Kv::erase_tree(TenantId tenant, const std::string& prefix, Step& step) {
    const auto lower = kv_entry_key(tenant, prefix);
    const auto upper = prefix_end(lower);
    uint64_t erased = 0;
    std::vector<std::string> locks;
    {
        const auto scan = step.rows.scan(lower, upper);
        for (; scan->valid(); scan->next()) {
            const auto entry = decode_kv_entry(scan->key(), scan->value());
            if (!entry) return fail(damaged("a key"));
            if (entry->session) locks.push_back(kv_lock_key(tenant, *entry->session, entry->key));
            ++erased;
        }
        TRY(scan->status());
    }
    if (erased == 0) return {};
    for (const auto& lock : locks) step.ready.writes.erase(lock);
    step.ready.writes.erase_range(lower, upper);
    // What is known of keys that were deleted before would be older than this.
    const auto graves = kv_grave_key(tenant, prefix);
    step.ready.writes.erase_range(graves, prefix_end(graves));
    tenants_[tenant].entries -= erased;
    entries_ -= erased;
    bury(tenant, prefix, step);
    changed_trees_.push_back(prefix);
    touch(tenant, step);
    return {};
}

void Kv::tell(TenantId tenant, Step& step) {
    for (auto& key : changed_keys_) {
        watches_.changed(tenant, {WatchKind::key, std::move(key)}, step);
    }
    for (const auto& prefix : changed_trees_) watches_.prefix_changed(tenant, prefix, step);
    changed_keys_.clear();
    changed_trees_.clear();
}

void Kv::begin_delay(TenantId tenant, const std::string& key, Duration span, Step& step) {
    if (span <= Duration::zero()) return;
    auto& delay = delays_[{tenant, key}];
    if (!delay) delay = std::make_unique<LockDelay>();
    delay->tenant = tenant;
    delay->key = key;
    step.timers.schedule(*delay, step.now.steady + span);
    step.ready.writes.put(kv_lock_delay_key(tenant, key), encode_kv_lock_delay(span));
}

void Kv::on_lock_delay(LockDelay& delay, Step& step) {
    step.ready.writes.erase(kv_lock_delay_key(delay.tenant, delay.key));
    delays_.erase({delay.tenant, delay.key});
}

Result<bool> Kv::end_with_session(const Session& session, Step& step) {
    const auto prefix = kv_lock_prefix(session.tenant, session.id);
    std::vector<std::string> keys;
    {
        const auto scan = step.rows.scan(prefix, prefix_end(prefix));
        for (; scan->valid() && keys.size() < limits_.locks_per_step_max; scan->next()) {
            keys.push_back(key_of_lock(scan->key()));
        }
        TRY(scan->status());
    }
    for (const auto& key : keys) {
        TRY_AS(auto entry, read_kv_entry(step.rows, session.tenant, key));
        if (!entry || entry->session != session.id) return fail(damaged("a lock"));
        if (session.terms.behavior == SessionBehavior::erase) {
            erase(session.tenant, *entry, step);
        } else {
            step.ready.writes.erase(kv_lock_key(session.tenant, session.id, key));
            entry->session.reset();
            entry->modify_index = index_of(step);
            keep(session.tenant, *entry, false, step);
        }
        begin_delay(session.tenant, key, session.terms.lock_delay, step);
    }
    tell(session.tenant, step);
    return keys.size() < limits_.locks_per_step_max;
}

Result<bool> Kv::forget_graves(Step& step) {
    oldest_grave_ = std::max(oldest_grave_, KeyBuilder(Table::kv_grave_age).take());
    const auto end = prefix_end(KeyBuilder(Table::kv_grave_age).take());
    const Instant limit = step.now.wall - limits_.grave_age_max;
    const auto scan = step.rows.scan(oldest_grave_, end);
    size_t rows = 0;
    for (; scan->valid() && rows < limits_.graves_per_step_max; scan->next(), ++rows) {
        const auto grave = decode_kv_grave_age(scan->key(), scan->value());
        if (!grave) return fail(damaged("a deleted key"));
        if (grave->at > limit && graves_ <= limits_.graves_max) return false;
        const auto grave_key = kv_grave_key(grave->tenant, grave->key);
        TRY_AS(const auto row, step.rows.get(grave_key));
        const auto revision = row ? decode_kv_grave(*row) : std::nullopt;
        // It may have been deleted again since.
        if (revision == grave->revision) {
            step.ready.writes.erase(grave_key);
            auto& state = tenants_[grave->tenant];
            state.floor = std::max(state.floor, grave->revision.value);
            step.ready.writes.put(kv_tenant_key(grave->tenant), encode_kv_tenant(state));
        }
        step.ready.writes.erase(scan->key());
        oldest_grave_ = scan->key();
        --graves_;
    }
    TRY(scan->status());
    return rows == limits_.graves_per_step_max;
}

void Kv::check() const {
    uint64_t entries = 0;
    for (const auto& [tenant, state] : tenants_) {
        ASSERT(state.floor <= state.index);
        entries += state.entries;
    }
    ASSERT(entries == entries_ && entries_ <= limits_.entries_max);
    for (const auto& [place, delay] : delays_) {
        ASSERT(delay->is_linked());
        ASSERT(delay->tenant == place.first && delay->key == place.second);
    }
    ASSERT(changed_keys_.empty() && changed_trees_.empty());
}

void Kv::check(const RowReader& rows) const {
    std::map<TenantId, KvTenant> found;
    uint64_t held = 0;
    const auto entries = KeyBuilder(Table::kv_entry).take();
    const auto scan = rows.scan(entries, prefix_end(entries));
    for (; scan->valid(); scan->next()) {
        const auto entry = decode_kv_entry(scan->key(), scan->value());
        ASSERT(entry);
        ByteReader key(scan->key());
        key.u8();
        const TenantId tenant(key.u32_be());
        auto& state = found[tenant];
        ++state.entries;
        state.index = std::max(state.index, entry->modify_index);
        ASSERT(entry->create_index <= entry->modify_index);
        if (!entry->session) continue;
        ++held;
        ASSERT(sessions_.find_even_ending(tenant, *entry->session) != nullptr);
        const auto lock = rows.get(kv_lock_key(tenant, *entry->session, entry->key));
        ASSERT(lock && *lock);
    }
    uint64_t locks = 0;
    const auto all = KeyBuilder(Table::kv_lock).take();
    const auto lock_scan = rows.scan(all, prefix_end(all));
    for (; lock_scan->valid(); lock_scan->next()) ++locks;
    ASSERT(locks == held);
    for (const auto& [tenant, state] : tenants_) {
        ASSERT(found[tenant].entries == state.entries);
        ASSERT(found[tenant].index <= state.index);
        const auto row = read_kv_tenant(rows, tenant);
        ASSERT(row && row->index == state.index && row->floor == state.floor &&
               row->entries == state.entries);
    }
}

}  // namespace signalbox
