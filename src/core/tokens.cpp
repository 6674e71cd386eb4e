#include "core/tokens.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/acl.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t token_row_version = 1;
// The UUID of its user behind everything else.
constexpr uint8_t token_row_version_user = 2;
constexpr size_t hash_bytes = 32;

// The two kinds of rows in the second table.
constexpr uint8_t by_id = 1;
constexpr uint8_t by_expiry = 2;

std::string hash_key(std::string_view hash) {
    return KeyBuilder(Table::token).tail(hash).take();
}

std::string id_prefix() {
    return KeyBuilder(Table::token_by_id).u8(by_id).take();
}

std::string id_key(const Uuid& id) {
    return KeyBuilder(Table::token_by_id).u8(by_id).uuid(id).take();
}

std::string expiry_key(Instant at, const Uuid& id) {
    return KeyBuilder(Table::token_by_id).u8(by_expiry).instant(at).uuid(id).take();
}

void put_list(std::string& out, const std::vector<std::string>& texts) {
    put_varint(out, texts.size());
    for (const auto& text : texts) put_bytes(out, text);
}

std::vector<std::string> read_list(ByteReader& reader) {
    std::vector<std::string> texts;
    const uint64_t count = reader.varint();
    // Each takes a byte at least, so a wrong count ends with the row.
    for (uint64_t i = 0; i < count && reader.ok(); ++i) texts.emplace_back(reader.bytes());
    return texts;
}

Error damaged() {
    return {ErrorCode::internal, "a row of a token is damaged", {}};
}

Result<TokenRecord> require_token(const RowReader& rows, const Uuid& id) {
    const auto key = id_key(id);
    TRY_AS(const auto row, rows.get(key));
    if (!row) {
        return fail(ErrorCode::not_found, fmt::format("token {} not found", id.text()));
    }
    auto record = decode_token(key, *row);
    if (!record) return fail(damaged());
    return *std::move(record);
}

Result<void> check_text(std::string_view text, size_t bytes_max, const char* field) {
    if (text.size() > bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", bytes_max), field);
    }
    return {};
}

Result<void> check(const CreateToken& command, const TokenLimits& limits) {
    if (command.tenant.empty()) return fail(ErrorCode::invalid_argument, "is required", "tenant");
    TRY(check_text(command.tenant, limits.name_bytes_max, "tenant"));
    TRY(check_text(command.user, limits.name_bytes_max, "user"));
    if (command.roles.size() > limits.roles_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} elements", limits.roles_max), "roles");
    }
    for (const auto& role : command.roles) {
        // The field X-Roles has commas between them, and a role means the same everywhere.
        if (role.empty() || role.find_first_of(", \t") != std::string::npos) {
            return fail(ErrorCode::invalid_argument, "must be words without commas", "roles");
        }
        TRY(check_text(role, limits.name_bytes_max, "roles"));
    }
    if (command.acl.size() > limits.acl_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} elements", limits.acl_max), "acl");
    }
    if (command.user_uuid && command.user.empty()) {
        return fail(ErrorCode::invalid_argument, "is required with user_uuid", "user");
    }
    for (const auto& pattern : command.acl) TRY(check_acl_pattern(pattern, limits.name_bytes_max));
    if (command.expires_in &&
        (command.expires_in->count() <= 0 || *command.expires_in > limits.ttl_max)) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("must be longer than 0 and at most {}", format_duration(limits.ttl_max)),
            "expires");
    }
    return {};
}

}  // namespace

std::string encode_token(const TokenRecord& record) {
    std::string out;
    put_u8(out, record.user_uuid ? token_row_version_user : token_row_version);
    put_bytes(out, record.hash);
    put_bytes(out, record.tenant);
    put_bytes(out, record.user);
    put_list(out, record.roles);
    put_list(out, record.acl);
    put_signed_varint(out, record.created_at.time_since_epoch().count());
    put_bytes(out, record.created_by);
    put_signed_varint(out, record.expires_at.time_since_epoch().count());
    if (record.user_uuid) out += record.user_uuid->raw();
    return out;
}

std::optional<TokenRecord> decode_token(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u8();
    const auto raw_id = key_reader.fixed(sizeof(Uuid));
    ByteReader reader(value);
    const uint8_t version = reader.u8();
    if (version != token_row_version && version != token_row_version_user) return std::nullopt;
    TokenRecord record;
    record.hash = reader.bytes();
    record.tenant = reader.bytes();
    record.user = reader.bytes();
    record.roles = read_list(reader);
    record.acl = read_list(reader);
    record.created_at = Instant(Duration(reader.signed_varint()));
    record.created_by = reader.bytes();
    record.expires_at = Instant(Duration(reader.signed_varint()));
    if (version == token_row_version_user) {
        const auto raw = reader.fixed(sizeof(Uuid));
        if (reader.ok()) record.user_uuid = Uuid::from_raw(raw);
    }
    if (!reader.ok() || !key_reader.ok() || record.hash.size() != hash_bytes) return std::nullopt;
    record.id = Uuid::from_raw(raw_id);
    return record;
}

Result<void> Tokens::load(const RowReader& rows) {
    const auto prefix = id_prefix();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        if (!decode_token(scan->key(), scan->value())) return fail(damaged());
        ++count_;
    }
    return scan->status();
}

Result<TokenRecord> Tokens::create(CreateToken command, Step& step) {
    ASSERT(command.hash.size() == hash_bytes);
    TRY(check(command, limits_));
    if (count_ >= limits_.tokens_max) return fail(ErrorCode::overloaded, "too many tokens");
    TokenRecord record;
    record.id = step.random.uuid();
    record.hash = std::move(command.hash);
    record.tenant = std::move(command.tenant);
    record.user = std::move(command.user);
    record.roles = std::move(command.roles);
    record.acl = std::move(command.acl);
    record.user_uuid = command.user_uuid;
    record.created_at = step.now.wall;
    record.created_by = step.by.name;
    if (command.expires_in) record.expires_at = step.now.wall + *command.expires_in;
    auto& writes = step.ready.writes;
    writes.put(hash_key(record.hash), record.id.raw());
    writes.put(id_key(record.id), encode_token(record));
    if (record.expires_at != never) writes.put(expiry_key(record.expires_at, record.id), {});
    ++count_;
    return record;
}

Result<TokenRevoked> Tokens::revoke(const RevokeToken& command, Step& step) {
    TRY_AS(const auto record, require_token(step.rows, command.id));
    erase(record, step);
    return TokenRevoked{command.id};
}

Result<bool> Tokens::forget_expired(Step& step) {
    const auto lower = KeyBuilder(Table::token_by_id).u8(by_expiry).take();
    const auto upper = KeyBuilder(Table::token_by_id).u8(by_expiry).instant(step.now.wall).take();
    std::vector<Uuid> expired;
    const auto scan = step.rows.scan(lower, upper);
    for (; scan->valid() && expired.size() < limits_.expired_per_step_max; scan->next()) {
        ByteReader key(scan->key());
        key.u8();
        key.u8();
        key.u64_be();
        const auto raw = key.fixed(sizeof(Uuid));
        if (!key.ok()) return fail(damaged());
        expired.push_back(Uuid::from_raw(raw));
    }
    TRY(scan->status());
    for (const auto& id : expired) {
        TRY_AS(const auto record, require_token(step.rows, id));
        erase(record, step);
    }
    return expired.size() == limits_.expired_per_step_max;
}

void Tokens::erase(const TokenRecord& record, Step& step) {
    auto& writes = step.ready.writes;
    writes.erase(hash_key(record.hash));
    writes.erase(id_key(record.id));
    if (record.expires_at != never) writes.erase(expiry_key(record.expires_at, record.id));
    step.ready.tokens_gone = true;
    ASSERT(count_ > 0);
    --count_;
}

Result<std::optional<TokenRecord>> find_token(const RowReader& rows, std::string_view hash) {
    TRY_AS(const auto row, rows.get(hash_key(hash)));
    if (!row) return std::optional<TokenRecord>();
    if (row->size() != sizeof(Uuid)) return fail(damaged());
    TRY_AS(auto record, require_token(rows, Uuid::from_raw(*row)));
    return std::optional(std::move(record));
}

Result<TokenPage> list_tokens(const RowReader& rows, const std::optional<Uuid>& after,
                              size_t limit) {
    TokenPage page;
    const auto prefix = id_prefix();
    // The first key behind that of `after`.
    const auto lower = after ? id_key(*after) + '\0' : prefix;
    const auto scan = rows.scan(lower, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        if (page.tokens.size() == limit) {
            page.more = true;
            break;
        }
        auto record = decode_token(scan->key(), scan->value());
        if (!record) return fail(damaged());
        page.tokens.push_back(std::move(*record));
    }
    TRY(scan->status());
    return page;
}

}  // namespace signalbox
