#include "core/idempotency.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

struct Entry {
    uint64_t digest = 0;
    Uuid created;
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
    out += entry.created.raw();
    put_signed_varint(out, entry.at.time_since_epoch().count());
    return out;
}

std::optional<Entry> decode(std::string_view bytes) {
    ByteReader reader(bytes);
    Entry entry;
    entry.digest = reader.u64_le();
    const auto raw = reader.fixed(sizeof(Uuid));
    entry.at = Instant(Duration(reader.signed_varint()));
    if (!reader.ok()) return std::nullopt;
    entry.created = Uuid::from_raw(raw);
    return entry;
}

}  // namespace

Result<std::optional<Uuid>> Idempotency::find(TenantId tenant, std::string_view key,
                                              uint64_t digest, const Step& step) const {
    if (key.size() > limits_.key_bytes_max) {
        return fail(ErrorCode::invalid_argument, "is too long", "Idempotency-Key");
    }
    TRY_AS(const auto row, step.rows.get(entry_key(tenant, key)));
    if (!row) return std::optional<Uuid>();
    const auto entry = decode(*row);
    if (!entry) return fail(ErrorCode::internal, "an idempotency row is damaged");
    if (entry->at + limits_.age_max <= step.now.wall) return std::optional<Uuid>();
    if (entry->digest != digest) {
        return fail(ErrorCode::key_reused, "was used for another request", "Idempotency-Key");
    }
    return std::optional<Uuid>(entry->created);
}

void Idempotency::remember(TenantId tenant, std::string_view key, uint64_t digest,
                           const Uuid& created, Step& step) {
    const Instant at = step.now.wall;
    const auto by_age = age_key(at, tenant, key);
    step.ready.writes.put(entry_key(tenant, key), encode({digest, created, at}));
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
