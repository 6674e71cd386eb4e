#include "core/idempotency.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

struct Entry {
    uint64_t digest = 0;
    std::string created;  // one UUID, or whatever its owner makes of more bytes
    Instant at;
};

std::string entry_key(TenantId tenant, std::string_view key) {
    return KeyBuilder(Table::idempotency).tenant(tenant).tail(key).take();
}

std::string age_key(Instant at, TenantId tenant, std::string_view key) {
    return KeyBuilder(Table::idempotency_age).instant(at).tenant(tenant).tail(key).take();
}

std::string encode(const Entry& entry) {
    std::string out;
    put_u64_le(out, entry.digest);
    const bool is_uuid = entry.created.size() == sizeof(Uuid);
    out += is_uuid ? entry.created : std::string(sizeof(Uuid), '\0');
    put_signed_varint(out, entry.at.time_since_epoch().count());
    if (!is_uuid) out += entry.created;
    return out;
}

std::optional<Entry> decode(std::string_view bytes) {
    ByteReader reader(bytes);
    Entry entry;
    entry.digest = reader.u64_le();
    const auto uuid = reader.fixed(sizeof(Uuid));
    entry.at = Instant(Duration(reader.signed_varint()));
    const auto other = reader.rest();
    if (!reader.ok()) return std::nullopt;
    entry.created = other.empty() ? uuid : other;
    return entry;
}

}  // namespace

Result<std::optional<std::string>> Idempotency::find(TenantId tenant, std::string_view key,
                                                     uint64_t digest, Duration age_max,
                                                     const Step& step) const {
    if (key.size() > limits_.key_bytes_max) {
        return fail(ErrorCode::invalid_argument, "is too long", "Idempotency-Key");
    }
    TRY_AS(const auto row, step.rows.get(entry_key(tenant, key)));
    if (!row) return std::optional<std::string>();
    const auto entry = decode(*row);
    if (!entry) return fail(ErrorCode::internal, "an idempotency row is damaged");
    if (saturating_add(entry->at, age_max) <= step.now.wall) return std::optional<std::string>();
    if (entry->digest != digest) {
        return fail(ErrorCode::key_reused, "was used for another request", "Idempotency-Key");
    }
    return std::optional<std::string>(entry->created);
}

void Idempotency::remember(TenantId tenant, std::string_view key, uint64_t digest,
                           std::string_view created, Step& step) {
    const Instant at = step.now.wall;
    const auto by_age = age_key(at, tenant, key);
    step.ready.writes.put(entry_key(tenant, key), encode({digest, std::string(created), at}));
    step.ready.writes.put(by_age, {});
    oldest_ = std::min(oldest_, by_age);
}

Result<bool> Idempotency::forget_old(Step& step, size_t rows_max) {
    const Instant limit = step.now.wall - limits_.age_max;
    if (limit <= Instant()) return false;
    oldest_ = std::max(oldest_, KeyBuilder(Table::idempotency_age).take());
    const auto scan = step.rows.scan(
        oldest_, KeyBuilder(Table::idempotency_age).u64(KeyBuilder::sortable(limit)).take());
    size_t rows = 0;
    for (; scan->valid() && rows < rows_max; scan->next(), ++rows) {
        ByteReader key(scan->key());
        key.u8();
        const uint64_t at = key.u64_be();
        const TenantId tenant(key.u32_be());
        const auto name = key.rest();
        if (!key.ok()) return fail(ErrorCode::internal, "an idempotency row is damaged");
        const auto held_key = entry_key(tenant, name);
        TRY_AS(const auto row, step.rows.get(held_key));
        const auto entry = row ? decode(*row) : std::nullopt;
        // The key may have been used again since.
        if (entry && KeyBuilder::sortable(entry->at) == at) step.ready.writes.erase(held_key);
        step.ready.writes.erase(scan->key());
        oldest_ = scan->key();
    }
    TRY(scan->status());
    return rows == rows_max;
}

}  // namespace signalbox
