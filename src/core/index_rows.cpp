#include "core/index_rows.h"

#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {

std::string index_key(TenantId tenant, IndexScope scope, std::string_view name) {
    return KeyBuilder(Table::registry_index)
        .tenant(tenant)
        .u8(static_cast<uint8_t>(scope))
        .tail(name)
        .take();
}

std::string encode_index(uint64_t index) {
    std::string out;
    put_varint(out, index);
    return out;
}

std::optional<uint64_t> decode_index(std::string_view value) {
    ByteReader reader(value);
    const uint64_t index = reader.varint();
    return reader.ok() ? std::optional(index) : std::nullopt;
}

void touch_index(TenantId tenant, IndexScope scope, std::string_view name, Step& step) {
    step.ready.writes.put(index_key(tenant, scope, name), encode_index(index_of(step)));
}

void forget_index(TenantId tenant, IndexScope scope, IndexScope floor, std::string_view name,
                  Step& step) {
    step.ready.writes.erase(index_key(tenant, scope, name));
    touch_index(tenant, floor, {}, step);
}

Result<uint64_t> read_index(const RowReader& rows, TenantId tenant, IndexScope scope,
                            std::string_view name) {
    TRY_AS(const auto row, rows.get(index_key(tenant, scope, name)));
    if (!row) return uint64_t{0};
    const auto index = decode_index(*row);
    if (!index) return fail(ErrorCode::internal, "a row of an index is damaged");
    return *index;
}

}  // namespace signalbox
