#include "core/kv_rows.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t entry_row_version = 1;
constexpr uint8_t tenant_row_version = 1;

Error damaged(const char* what) {
    return {ErrorCode::internal, std::string("a row of ") + what + " is damaged", {}};
}

}  // namespace

std::string kv_entry_key(TenantId tenant, std::string_view key) {
    return KeyBuilder(Table::kv_entry).tenant(tenant).tail(key).take();
}

std::string encode_kv_entry(const KvEntry& entry) {
    std::string out;
    out.reserve(entry.value.size() + 64);
    put_u8(out, entry_row_version);
    put_varint(out, entry.flags);
    put_varint(out, entry.create_index);
    put_varint(out, entry.modify_index);
    put_varint(out, entry.lock_index);
    put_bytes(out, entry.session ? entry.session->raw() : std::string_view());
    return out += entry.value;
}

std::optional<KvEntry> decode_kv_entry(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u32_be();
    KvEntry entry;
    entry.key = key_reader.rest();
    ByteReader reader(value);
    if (reader.u8() != entry_row_version) return std::nullopt;
    entry.flags = reader.varint();
    entry.create_index = reader.varint();
    entry.modify_index = reader.varint();
    entry.lock_index = reader.varint();
    const auto session = reader.bytes();
    entry.value = reader.rest();
    const bool is_session = session.size() == sizeof(Uuid);
    if (!reader.ok() || !key_reader.ok() || (!session.empty() && !is_session)) return std::nullopt;
    if (is_session) entry.session = Uuid::from_raw(session);
    return entry;
}

std::string kv_tenant_key(TenantId tenant) {
    return KeyBuilder(Table::kv_tenant).tenant(tenant).take();
}

std::string encode_kv_tenant(const KvTenant& tenant) {
    std::string out;
    put_u8(out, tenant_row_version);
    put_varint(out, tenant.index);
    put_varint(out, tenant.floor);
    put_varint(out, tenant.entries);
    return out;
}

std::optional<KvTenant> decode_kv_tenant(std::string_view value) {
    ByteReader reader(value);
    if (reader.u8() != tenant_row_version) return std::nullopt;
    KvTenant tenant;
    tenant.index = reader.varint();
    tenant.floor = reader.varint();
    tenant.entries = reader.varint();
    return reader.ok() ? std::optional(tenant) : std::nullopt;
}

std::string kv_grave_key(TenantId tenant, std::string_view key) {
    return KeyBuilder(Table::kv_grave).tenant(tenant).tail(key).take();
}

std::string encode_kv_grave(Revision revision) {
    std::string out;
    put_varint(out, revision.value);
    return out;
}

std::optional<Revision> decode_kv_grave(std::string_view value) {
    ByteReader reader(value);
    const Revision revision(reader.varint());
    return reader.ok() ? std::optional(revision) : std::nullopt;
}

std::string kv_grave_age_key(Revision revision, TenantId tenant, std::string_view key) {
    return KeyBuilder(Table::kv_grave_age).u64(revision.value).tenant(tenant).tail(key).take();
}

std::string encode_kv_grave_age(Instant at) {
    std::string out;
    put_signed_varint(out, at.time_since_epoch().count());
    return out;
}

std::optional<KvGraveAge> decode_kv_grave_age(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    KvGraveAge age;
    age.revision = Revision(key_reader.u64_be());
    age.tenant = TenantId(key_reader.u32_be());
    age.key = key_reader.rest();
    ByteReader reader(value);
    age.at = Instant(Duration(reader.signed_varint()));
    return key_reader.ok() && reader.ok() ? std::optional(std::move(age)) : std::nullopt;
}

std::string kv_lock_prefix(TenantId tenant, const Uuid& session) {
    return KeyBuilder(Table::kv_lock).tenant(tenant).uuid(session).take();
}

std::string kv_lock_key(TenantId tenant, const Uuid& session, std::string_view key) {
    return KeyBuilder(Table::kv_lock).tenant(tenant).uuid(session).tail(key).take();
}

std::string kv_lock_delay_key(TenantId tenant, std::string_view key) {
    return KeyBuilder(Table::kv_lock_delay).tenant(tenant).tail(key).take();
}

std::string encode_kv_lock_delay(Duration delay) {
    std::string out;
    put_signed_varint(out, delay.count());
    return out;
}

std::optional<KvLockDelay> decode_kv_lock_delay(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    KvLockDelay delay;
    delay.tenant = TenantId(key_reader.u32_be());
    delay.key = key_reader.rest();
    ByteReader reader(value);
    delay.delay = Duration(reader.signed_varint());
    return key_reader.ok() && reader.ok() ? std::optional(std::move(delay)) : std::nullopt;
}

Result<std::optional<KvEntry>> read_kv_entry(const RowReader& rows, TenantId tenant,
                                             std::string_view key) {
    const auto row_key = kv_entry_key(tenant, key);
    TRY_AS(const auto row, rows.get(row_key));
    if (!row) return std::optional<KvEntry>();
    auto entry = decode_kv_entry(row_key, *row);
    if (!entry) return fail(damaged("a key"));
    return entry;
}

Result<KvTenant> read_kv_tenant(const RowReader& rows, TenantId tenant) {
    TRY_AS(const auto row, rows.get(kv_tenant_key(tenant)));
    if (!row) return KvTenant();
    const auto decoded = decode_kv_tenant(*row);
    if (!decoded) return fail(damaged("the keys of a tenant"));
    return *decoded;
}

uint64_t kv_index(const std::optional<KvEntry>& entry, const KvTenant& tenant) {
    return entry ? entry->modify_index : tenant.index;
}

Result<std::unique_ptr<KvTreeReader>> KvTreeReader::open(const RowReader& rows, TenantId tenant,
                                                         std::string prefix) {
    std::unique_ptr<KvTreeReader> reader(new KvTreeReader);
    TRY_AS(reader->tenant_, read_kv_tenant(rows, tenant));
    const auto graves = kv_grave_key(tenant, prefix);
    reader->graves_ = rows.scan(graves, prefix_end(graves));
    const auto entries = kv_entry_key(tenant, prefix);
    reader->scan_ = rows.scan(entries, prefix_end(entries));
    return reader;
}

Result<bool> KvTreeReader::skip_deleted(size_t rows_max) {
    for (size_t rows = 0; graves_->valid(); graves_->next(), ++rows) {
        if (rows == rows_max) return true;
        const auto revision = decode_kv_grave(graves_->value());
        if (!revision) return fail(damaged("a deleted key"));
        index_ = std::max(index_, revision->value);
    }
    TRY(graves_->status());
    return false;
}

// Where nothing is known of the prefix, whatever was there went before the last change of all.
uint64_t KvTreeReader::index() const {
    ASSERT(!graves_->valid());
    return index_ > 0 ? std::max(index_, tenant_.floor) : tenant_.index;
}

Result<std::optional<KvEntry>> KvTreeReader::next() {
    if (!scan_->valid()) {
        TRY(scan_->status());
        return std::optional<KvEntry>();
    }
    auto entry = decode_kv_entry(scan_->key(), scan_->value());
    if (!entry) return fail(damaged("a key"));
    index_ = std::max(index_, entry->modify_index);
    scan_->next();
    return entry;
}

}  // namespace signalbox
