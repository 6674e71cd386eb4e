#include "core/ticket.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/instant_bytes.h"

namespace signalbox {
namespace {

constexpr uint8_t ticket_row_version = 1;

// Each detail is written as tag, length, bytes, and only when it is there; a reader skips tags
// it does not know. On disk: values never change.
enum class DetailTag : uint8_t {
    expires_text = 1,
    action = 2,
    extra = 3,
    reqid = 4,
    owner = 5,
    priority = 6,
    ttl_ms = 7,
    hold_max_ms = 8,
    session = 9,
    slots = 10,
    resource = 11,
    renewals = 12,
};

constexpr std::string_view empty_extra = "{}";

void put_detail(std::string& out, DetailTag tag, std::string_view bytes) {
    put_u8(out, static_cast<uint8_t>(tag));
    put_bytes(out, bytes);
}

void put_number(std::string& out, DetailTag tag, int64_t value) {
    std::string bytes;
    put_signed_varint(bytes, value);
    put_detail(out, tag, bytes);
}

std::string encode_resource(const Resource& resource) {
    std::string bytes;
    put_server(bytes, resource.server);
    put_bytes(bytes, resource.scope);
    put_bytes(bytes, resource.id);
    return bytes;
}

std::string encode_renewals(const Renewals& renewals) {
    std::string bytes;
    put_varint(bytes, renewals.last.revision.value);
    put_varint(bytes, renewals.last.index);
    put_varint(bytes, renewals.count);
    put_u8(bytes, static_cast<uint8_t>(renewals.status));
    return bytes;
}

Renewals decode_renewals(std::string_view bytes) {
    ByteReader reader(bytes);
    Renewals renewals;
    renewals.last.revision = Revision(reader.varint());
    renewals.last.index = static_cast<uint32_t>(reader.varint());
    renewals.count = reader.varint();
    renewals.status = static_cast<TicketStatus>(reader.u8());
    return renewals;
}

Resource decode_resource(std::string_view bytes) {
    ByteReader reader(bytes);
    Resource resource;
    resource.server = read_server(reader);
    resource.scope = reader.bytes();
    resource.id = reader.bytes();
    return resource;
}

}  // namespace

std::string_view ticket_status_name(TicketStatus status) {
    switch (status) {
        case TicketStatus::queued: return "queued";
        case TicketStatus::active: return "active";
        case TicketStatus::finished: return "finished";
        case TicketStatus::expired: return "expired";
        case TicketStatus::deleted: return "deleted";
    }
    ASSERT(false);
}

std::optional<TicketStatus> parse_ticket_status(std::string_view name) {
    for (const auto status : {TicketStatus::queued, TicketStatus::active, TicketStatus::finished,
                              TicketStatus::expired, TicketStatus::deleted}) {
        if (ticket_status_name(status) == name) return status;
    }
    return std::nullopt;
}

std::string_view ticket_mode_name(TicketMode mode) {
    switch (mode) {
        case TicketMode::exclusive: return "exclusive";
        case TicketMode::shared: return "shared";
    }
    ASSERT(false);
}

std::optional<TicketMode> parse_ticket_mode(std::string_view name) {
    for (const auto mode : {TicketMode::exclusive, TicketMode::shared}) {
        if (ticket_mode_name(mode) == name) return mode;
    }
    return std::nullopt;
}

TicketDetails::TicketDetails(std::string_view bytes) : size_(static_cast<uint32_t>(bytes.size())) {
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(this + 1));
}

TicketDetailsPtr TicketDetails::hold(std::string_view bytes) {
    return {new (::operator new(sizeof(TicketDetails) + bytes.size())) TicketDetails(bytes)};
}

TicketDetailsPtr TicketDetails::make(const TicketFields& fields) {
    std::string bytes;
    if (!fields.expires_text.empty()) {
        put_detail(bytes, DetailTag::expires_text, fields.expires_text);
    }
    if (fields.action) put_detail(bytes, DetailTag::action, *fields.action);
    if (fields.extra != empty_extra) put_detail(bytes, DetailTag::extra, fields.extra);
    if (fields.reqid) put_detail(bytes, DetailTag::reqid, *fields.reqid);
    if (fields.owner) put_detail(bytes, DetailTag::owner, *fields.owner);
    if (fields.priority != 0) put_number(bytes, DetailTag::priority, fields.priority);
    if (fields.ttl.count() != 0) put_number(bytes, DetailTag::ttl_ms, fields.ttl.count());
    if (fields.hold_max.count() != 0) {
        put_number(bytes, DetailTag::hold_max_ms, fields.hold_max.count());
    }
    if (fields.session) put_detail(bytes, DetailTag::session, fields.session->raw());
    if (fields.slots) put_number(bytes, DetailTag::slots, *fields.slots);
    for (const auto& resource : fields.more_resources) {
        put_detail(bytes, DetailTag::resource, encode_resource(resource));
    }
    if (fields.renewals) put_detail(bytes, DetailTag::renewals, encode_renewals(*fields.renewals));
    return hold(bytes);
}

TicketDetailsPtr TicketDetails::decode(std::string_view bytes) {
    ByteReader reader(bytes);
    while (reader.ok() && !reader.at_end()) {
        const auto tag = static_cast<DetailTag>(reader.u8());
        const auto detail = reader.bytes();
        if (tag == DetailTag::session && detail.size() != sizeof(Uuid)) return nullptr;
    }
    if (!reader.ok()) return nullptr;
    return hold(bytes);
}

TicketFields TicketDetails::fields() const {
    TicketFields fields;
    ByteReader reader(bytes());
    while (!reader.at_end() && reader.ok()) {
        const auto tag = static_cast<DetailTag>(reader.u8());
        const auto bytes = reader.bytes();
        const auto number = [&] { return ByteReader(bytes).signed_varint(); };
        switch (tag) {
            case DetailTag::expires_text: fields.expires_text = bytes; break;
            case DetailTag::action: fields.action = bytes; break;
            case DetailTag::extra: fields.extra = bytes; break;
            case DetailTag::reqid: fields.reqid = bytes; break;
            case DetailTag::owner: fields.owner = bytes; break;
            case DetailTag::priority: fields.priority = static_cast<int32_t>(number()); break;
            case DetailTag::ttl_ms: fields.ttl = Duration(number()); break;
            case DetailTag::hold_max_ms: fields.hold_max = Duration(number()); break;
            case DetailTag::session: fields.session = Uuid::from_raw(bytes); break;
            case DetailTag::slots: fields.slots = static_cast<uint32_t>(number()); break;
            case DetailTag::renewals: fields.renewals = decode_renewals(bytes); break;
            case DetailTag::resource:
                fields.more_resources.push_back(decode_resource(bytes));
                break;
        }
    }
    return fields;
}

int64_t TicketDetails::number(uint8_t tag) const {
    ByteReader reader(bytes());
    while (!reader.at_end() && reader.ok()) {
        const uint8_t found = reader.u8();
        const auto bytes = reader.bytes();
        if (found == tag) return ByteReader(bytes).signed_varint();
    }
    return 0;
}

Duration TicketDetails::ttl() const {
    return Duration(number(static_cast<uint8_t>(DetailTag::ttl_ms)));
}

Duration TicketDetails::hold_max() const {
    return Duration(number(static_cast<uint8_t>(DetailTag::hold_max_ms)));
}

void put_server(std::string& key, ServerId server) {
    put_u8(key, server.is_named ? 1 : 0);
    key += server.uuid.raw();
}

ServerId read_server(ByteReader& reader) {
    ServerId server;
    server.is_named = reader.u8() != 0;
    const auto raw = reader.fixed(16);
    if (reader.ok()) server.uuid = Uuid::from_raw(raw);
    return server;
}

std::string ticket_row_prefix(Table table, TenantId tenant, ServerId server) {
    auto key = KeyBuilder(table).tenant(tenant).take();
    put_server(key, server);
    return key;
}

std::string ticket_row_key(Table table, TenantId tenant, ServerId server, TicketSequence sequence) {
    auto key = ticket_row_prefix(table, tenant, server);
    put_u64_be(key, sequence.value);
    return key;
}

std::string encode_ticket(const TicketRecord& record, std::string_view reason) {
    std::string out;
    put_u8(out, ticket_row_version);
    put_u8(out, static_cast<uint8_t>(record.status));
    put_u8(out, static_cast<uint8_t>(record.mode));
    put_u8(out, record.barge ? 1 : 0);
    out += record.uuid.raw();
    put_instant(out, record.created_at);
    put_instant(out, record.updated_at);
    put_instant(out, record.expires_at);
    put_instant(out, record.granted_at);
    put_instant(out, record.order_at);
    put_varint(out, record.token.value);
    put_bytes(out, record.line->resource.scope);
    put_bytes(out, record.line->resource.id);
    put_bytes(out, reason);
    put_bytes(out, record.details->bytes());
    return out;
}

std::optional<TicketView> decode_ticket(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    const TenantId tenant(key_reader.u32_be());
    Resource resource;
    resource.server = read_server(key_reader);
    TicketView view;
    TicketRecord& record = view.record;
    record.sequence = TicketSequence(key_reader.u64_be());

    ByteReader reader(value);
    if (reader.u8() != ticket_row_version) return std::nullopt;
    record.status = static_cast<TicketStatus>(reader.u8());
    record.mode = static_cast<TicketMode>(reader.u8());
    record.barge = reader.u8() != 0;
    const auto uuid = reader.fixed(16);
    record.created_at = read_instant(reader);
    record.updated_at = read_instant(reader);
    record.expires_at = read_instant(reader);
    record.granted_at = read_instant(reader);
    record.order_at = read_instant(reader);
    record.token = FencingToken(reader.varint());
    resource.scope = reader.bytes();
    resource.id = reader.bytes();
    view.reason = reader.bytes();
    record.details = TicketDetails::decode(reader.bytes());
    if (!reader.ok() || !key_reader.ok() || !record.details) return std::nullopt;
    record.uuid = Uuid::from_raw(uuid);
    record.line.reset(new LineKey(tenant, std::move(resource)));
    return view;
}

}  // namespace signalbox
