#include "core/operation_rows.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/instant_bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t operation_row_version = 1;

// The kinds of rows in the index.
constexpr uint8_t by_id = 1;
constexpr uint8_t live = 2;
constexpr uint8_t to_forget = 3;

constexpr uint8_t state_last = static_cast<uint8_t>(OperationState::cancelled);

// False when it is none.
bool read_state(ByteReader& reader, OperationState& state) {
    const uint8_t value = reader.u8();
    state = static_cast<OperationState>(value);
    return value <= state_last;
}

Error damaged() {
    return {ErrorCode::internal, "a row of an operation is damaged", {}};
}

}  // namespace

std::string_view operation_state_name(OperationState state) {
    switch (state) {
        case OperationState::pending: return "pending";
        case OperationState::running: return "running";
        case OperationState::succeeded: return "succeeded";
        case OperationState::failed: return "failed";
        case OperationState::cancelled: return "cancelled";
    }
    return {};
}

std::optional<OperationState> parse_operation_state(std::string_view name) {
    for (uint8_t value = 0; value <= state_last; ++value) {
        const auto state = static_cast<OperationState>(value);
        if (operation_state_name(state) == name) return state;
    }
    return std::nullopt;
}

std::string_view operation_verb_name(OperationVerb verb) {
    switch (verb) {
        case OperationVerb::create: return "create";
        case OperationVerb::update: return "update";
        case OperationVerb::remove: return "delete";
    }
    return {};
}

std::string operation_key(TenantId tenant, uint64_t number) {
    return KeyBuilder(Table::operation).tenant(tenant).u64(number).take();
}

std::string operation_id_key(TenantId tenant, const Uuid& id) {
    return KeyBuilder(Table::operation_index).u8(by_id).tenant(tenant).uuid(id).take();
}

std::string operation_live_prefix() {
    return KeyBuilder(Table::operation_index).u8(live).take();
}

std::string operation_live_key(TenantId tenant, uint64_t number) {
    return KeyBuilder(Table::operation_index).u8(live).tenant(tenant).u64(number).take();
}

std::string operation_forget_key(Instant at, TenantId tenant, uint64_t number) {
    KeyBuilder key(Table::operation_index);
    return key.u8(to_forget).instant(at).tenant(tenant).u64(number).take();
}

std::pair<std::string, std::string> operations_to_forget(Instant at) {
    return {KeyBuilder(Table::operation_index).u8(to_forget).take(),
            KeyBuilder(Table::operation_index).u8(to_forget).instant(at).take()};
}

namespace {

std::optional<OperationPlace> read_place(ByteReader reader) {
    OperationPlace place;
    place.tenant = TenantId(reader.u32_be());
    place.number = reader.u64_be();
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    return place;
}

}  // namespace

std::optional<OperationPlace> decode_operation_live_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u8();
    return read_place(reader);
}

std::optional<OperationPlace> decode_operation_forget_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u8();
    reader.u64_be();
    return read_place(reader);
}

std::string encode_operation(const OperationRecord& record) {
    std::string out;
    put_u8(out, operation_row_version);
    out += record.id.raw();
    put_u8(out, static_cast<uint8_t>(record.state));
    put_varint(out, record.sequence);
    put_bytes(out, record.type);
    put_bytes(out, record.item);
    put_u8(out, static_cast<uint8_t>(record.verb));
    put_varint(out, record.item_revision.value);
    put_u8(out, record.requester ? 1 : 0);
    if (record.requester) out += record.requester->raw();
    put_bytes(out, record.requester_name);
    put_varint(out, record.steps.size());
    for (const auto& step : record.steps) {
        put_bytes(out, step.name);
        put_u8(out, static_cast<uint8_t>(step.state));
        put_varint(out, step.current);
        put_varint(out, step.end);
        put_bytes(out, step.detail);
    }
    put_u8(out, record.cancel_requested ? 1 : 0);
    put_bytes(out, record.error);
    put_bytes(out, record.response);
    put_instant(out, record.created_at);
    put_instant(out, record.updated_at);
    put_instant(out, record.deadline);
    put_instant(out, record.forget_at);
    put_varint(out, record.revision.value);
    return out;
}

std::optional<OperationRecord> decode_operation(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u32_be();
    OperationRecord record;
    record.number = key_reader.u64_be();
    ByteReader reader(value);
    if (reader.u8() != operation_row_version) return std::nullopt;
    const auto raw_id = reader.fixed(sizeof(Uuid));
    if (!reader.ok() || !read_state(reader, record.state)) return std::nullopt;
    record.id = Uuid::from_raw(raw_id);
    record.sequence = reader.varint();
    record.type = reader.bytes();
    record.item = reader.bytes();
    const uint8_t verb = reader.u8();
    if (verb > static_cast<uint8_t>(OperationVerb::remove)) return std::nullopt;
    record.verb = static_cast<OperationVerb>(verb);
    record.item_revision = Revision(reader.varint());
    if (reader.u8() != 0) {
        const auto raw = reader.fixed(sizeof(Uuid));
        if (reader.ok()) record.requester = Uuid::from_raw(raw);
    }
    record.requester_name = reader.bytes();
    const uint64_t steps = reader.varint();
    for (uint64_t i = 0; i < steps && reader.ok(); ++i) {
        OperationStep step;
        step.name = reader.bytes();
        if (!read_state(reader, step.state)) return std::nullopt;
        step.current = reader.varint();
        step.end = reader.varint();
        step.detail = reader.bytes();
        record.steps.push_back(std::move(step));
    }
    record.cancel_requested = reader.u8() != 0;
    record.error = reader.bytes();
    record.response = reader.bytes();
    record.created_at = read_instant(reader);
    record.updated_at = read_instant(reader);
    record.deadline = read_instant(reader);
    record.forget_at = read_instant(reader);
    record.revision = Revision(reader.varint());
    if (!reader.ok() || !key_reader.ok()) return std::nullopt;
    return record;
}

Result<std::optional<OperationRecord>> find_operation(const RowReader& rows, TenantId tenant,
                                                      const Uuid& id) {
    TRY_AS(const auto place, rows.get(operation_id_key(tenant, id)));
    if (!place) return std::optional<OperationRecord>();
    ByteReader reader(*place);
    const auto key = operation_key(tenant, reader.u64_le());
    TRY_AS(const auto row, rows.get(key));
    auto record = row && reader.ok() ? decode_operation(key, *row) : std::nullopt;
    if (!record) return fail(damaged());
    return record;
}

bool OperationListing::is_wanted(const OperationRecord& record) const {
    const auto& states = request_.states;
    if (!states.empty() && std::find(states.begin(), states.end(), record.state) == states.end()) {
        return false;
    }
    if (!request_.type.empty() && record.type != request_.type) return false;
    if (!request_.item.empty() && record.item != request_.item) return false;
    return !request_.requester || record.requester == request_.requester;
}

// Of the rows of one page, beyond which it takes no further one: a row may have 100 KiB.
constexpr size_t page_bytes_max = 64u << 10;

Result<OperationListing::Page> OperationListing::next(size_t rows_max, size_t limit) {
    Page page;
    const auto scan =
        snapshot_->scan(operation_key(request_.tenant, 0),
                        operation_key(request_.tenant, request_.before), ScanOrder::descending);
    size_t bytes = 0;
    for (size_t rows = 0; scan->valid() && rows < rows_max && page.operations.size() < limit &&
                          bytes < page_bytes_max;
         scan->next(), ++rows) {
        auto record = decode_operation(scan->key(), scan->value());
        if (!record) return fail(damaged());
        page.reached = request_.before = record->number;
        if (!is_wanted(*record)) continue;
        bytes += scan->value().size();
        page.operations.push_back(std::move(*record));
    }
    TRY(scan->status());
    page.at_end = !scan->valid();
    return page;
}

}  // namespace signalbox
