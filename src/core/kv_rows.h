#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "core/kv_commands.h"
#include "storage/store.h"

// Rows of keys and their values (docs/formats.md), and how they are read. Any thread.

namespace signalbox {

// What is kept of all keys of a tenant.
struct KvTenant {
    uint64_t index = 0;  // of the last change
    // Below it, it may be forgotten that a key was deleted.
    uint64_t floor = 0;
    uint64_t entries = 0;
};

std::string kv_entry_key(TenantId tenant, std::string_view key);
std::string encode_kv_entry(const KvEntry& entry);
// Nothing when the row is damaged; as all of these.
std::optional<KvEntry> decode_kv_entry(std::string_view key, std::string_view value);

std::string kv_tenant_key(TenantId tenant);
std::string encode_kv_tenant(const KvTenant& tenant);
std::optional<KvTenant> decode_kv_tenant(std::string_view value);

// A grave: the revision at which the key, or everything that begins with it, was deleted.
std::string kv_grave_key(TenantId tenant, std::string_view key);
std::string encode_kv_grave(Revision revision);
std::optional<Revision> decode_kv_grave(std::string_view value);

struct KvGraveAge {
    Revision revision;
    TenantId tenant;
    std::string key;
    Instant at;
};
std::string kv_grave_age_key(Revision revision, TenantId tenant, std::string_view key);
std::string encode_kv_grave_age(Instant at);
std::optional<KvGraveAge> decode_kv_grave_age(std::string_view key, std::string_view value);

std::string kv_lock_key(TenantId tenant, const Uuid& session, std::string_view key);
std::string kv_lock_prefix(TenantId tenant, const Uuid& session);

struct KvLockDelay {
    TenantId tenant;
    std::string key;
    Duration delay{};
};
std::string kv_lock_delay_key(TenantId tenant, std::string_view key);
std::string encode_kv_lock_delay(Duration delay);
std::optional<KvLockDelay> decode_kv_lock_delay(std::string_view key, std::string_view value);

Result<std::optional<KvEntry>> read_kv_entry(const RowReader& rows, TenantId tenant,
                                             std::string_view key);
Result<KvTenant> read_kv_tenant(const RowReader& rows, TenantId tenant);

// The index of one key that a reader has found or not.
uint64_t kv_index(const std::optional<KvEntry>& entry, const KvTenant& tenant);

// Walks over the keys that begin with a prefix, in their order, and finds out their index: that of
// the last change below the prefix, deletions included. Both may be many: whoever must not be long
// about it goes on later.
class KvTreeReader {
public:
    static Result<std::unique_ptr<KvTreeReader>> open(const RowReader& rows, TenantId tenant,
                                                      std::string prefix);

    // Looks at so many of what was deleted, at most; false when there is nothing more.
    Result<bool> skip_deleted(size_t rows_max);
    // Nothing behind the last one.
    Result<std::optional<KvEntry>> next();
    // Of what next() has given, and of what was deleted: once skip_deleted() has said false.
    [[nodiscard]] uint64_t index() const;

private:
    KvTreeReader() = default;

    std::unique_ptr<RowScan> graves_;
    std::unique_ptr<RowScan> scan_;
    KvTenant tenant_;
    uint64_t index_ = 0;
};

}  // namespace signalbox
