#include "core/ticket_rows.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/resource_json.h"
#include "core/ticket_topics.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t history_row_version = 1;
constexpr std::string_view damaged_row = "a row of a ticket is damaged";

std::string counters_key() {
    return KeyBuilder(Table::counter).tail("tickets").take();
}

std::string row_key(Table table, const TicketRecord& record) {
    return ticket_row_key(table, record.line->tenant, record.line->resource.server,
                          record.sequence);
}

std::string by_uuid_key(TenantId tenant, const Uuid& uuid) {
    return KeyBuilder(Table::ticket_by_uuid).tenant(tenant).uuid(uuid).take();
}

// Ends with the key of the ended row, but for its table.
std::string age_key(Instant ended_at, const TicketRecord& record) {
    return KeyBuilder(Table::ticket_ended_at)
        .instant(ended_at)
        .tail(std::string_view(row_key(Table::ticket_ended, record)).substr(1))
        .take();
}
constexpr size_t age_prefix_bytes = 1 + 8;

std::string history_key(const TicketRecord& record, FeedPosition position) {
    auto key = row_key(Table::ticket_history, record);
    put_u64_be(key, position.revision.value);
    put_u32_be(key, position.index);
    return key;
}

// The distinct servers of a ticket's further resources, without its first server.
std::vector<ServerId> further_servers(const TicketRecord& record) {
    std::vector<ServerId> servers;
    for (const auto& resource : record.details->fields().more_resources) {
        if (resource.server == record.line->resource.server) continue;
        if (std::find(servers.begin(), servers.end(), resource.server) != servers.end()) continue;
        servers.push_back(resource.server);
    }
    return servers;
}

// Whom to forget by the key above: the ticket, and the further servers that point to its row,
// which may be gone by then.
std::string age_value(const TicketRecord& record) {
    std::string value(record.uuid.raw());
    for (const auto server : further_servers(record)) put_server(value, server);
    return value;
}

std::vector<Topic> topics_of(const TicketRecord& record, const TicketFields& fields) {
    auto topics = line_topics(record.line->resource);
    for (const auto& resource : fields.more_resources) {
        for (const auto topic : {server_topic(resource.server), line_topic(resource)}) {
            if (std::find(topics.begin(), topics.end(), topic) == topics.end()) {
                topics.push_back(topic);
            }
        }
    }
    topics.push_back(ticket_topic(record.uuid));
    return topics;
}

std::string event_data(const TicketRecord& record, const TicketFields& fields,
                       std::string_view reason, const Caller& by) {
    std::string out;
    out.reserve(320);
    JsonWriter json(out);
    json.begin_object();
    json.member("uuid", record.uuid.text());
    write_resource(json, record.line->resource);
    if (!fields.more_resources.empty()) {
        json.key("resources");
        json.begin_array();
        json.begin_object();
        write_resource(json, record.line->resource);
        json.end_object();
        for (const auto& resource : fields.more_resources) {
            json.begin_object();
            write_resource(json, resource);
            json.end_object();
        }
        json.end_array();
    }
    json.member("status", ticket_status_name(record.status));
    if (record.token.value != 0) json.member("token", record.token.value);
    if (record.expires_at != never) json.member("expires_at", format_instant(record.expires_at));
    if (fields.action) json.member("action", *fields.action);
    if (fields.owner) json.member("owner", *fields.owner);
    if (fields.session) json.member("session", fields.session->text());
    if (fields.reqid) json.member("reqid", *fields.reqid);
    if (!reason.empty()) json.member("reason", reason);
    if (!by.name.empty()) json.member("by", by.name);
    if (!by.request_id.empty()) json.member("request_id", by.request_id);
    json.end_object();
    return out;
}

Event make_event(const TicketRecord& record, const TicketFields& fields,
                 std::string_view transition, std::string_view reason, const Caller& by) {
    Event event;
    event.tenant = record.line->tenant;
    event.type = "ticket.";
    event.type += transition;
    event.subject = record.uuid.text();
    event.topics = topics_of(record, fields);
    event.data = event_data(record, fields, reason, by);
    return event;
}

std::string encode_transition(std::string_view transition, std::string_view reason,
                              const TicketRecord& record, uint64_t count, const Step& step) {
    std::string out;
    put_u8(out, history_row_version);
    put_signed_varint(out, step.now.wall.time_since_epoch().count());
    put_bytes(out, transition);
    put_bytes(out, step.by.name);
    put_bytes(out, step.by.request_id);
    put_bytes(out, reason);
    put_varint(out, record.token.value);
    put_varint(out, count);
    return out;
}

std::optional<TicketTransition> decode_transition(std::string_view key, std::string_view value) {
    ByteReader key_reader(key.substr(key.size() - std::min<size_t>(key.size(), 12)));
    TicketTransition entry;
    entry.position.revision = Revision(key_reader.u64_be());
    entry.position.index = key_reader.u32_be();
    ByteReader reader(value);
    if (reader.u8() != history_row_version) return std::nullopt;
    entry.at = Instant(Duration(reader.signed_varint()));
    entry.type = reader.bytes();
    entry.by = reader.bytes();
    entry.request_id = reader.bytes();
    entry.reason = reader.bytes();
    entry.token = FencingToken(reader.varint());
    entry.count = reader.varint();
    if (!reader.ok() || !key_reader.ok()) return std::nullopt;
    return entry;
}

}  // namespace

Result<void> TicketRows::load_counters(const RowReader& rows) {
    TRY_AS(const auto row, rows.get(counters_key()));
    if (!row) return {};
    ByteReader reader(*row);
    next_sequence_ = TicketSequence(reader.u64_le());
    next_token_ = FencingToken(reader.u64_le());
    ended_count_ = reader.u64_le();
    if (!reader.ok()) return fail(ErrorCode::internal, std::string(damaged_row));
    return {};
}

TicketSequence TicketRows::take_sequence() {
    counters_changed_ = true;
    const TicketSequence taken = next_sequence_;
    next_sequence_ = taken.next();
    return taken;
}

FencingToken TicketRows::take_token() {
    counters_changed_ = true;
    const FencingToken taken = next_token_;
    next_token_ = taken.next();
    return taken;
}

void TicketRows::save_counters(Step& step) {
    if (!counters_changed_) return;
    counters_changed_ = false;
    std::string row;
    put_u64_le(row, next_sequence_.value);
    put_u64_le(row, next_token_.value);
    put_u64_le(row, ended_count_);
    step.ready.writes.put(counters_key(), row);
}

void TicketRows::put_live(const TicketRecord& record, Step& step) {
    ASSERT(is_live(record.status));
    step.ready.writes.put(row_key(Table::ticket_live, record), encode_ticket(record, {}));
}

void TicketRows::put_ended(const TicketRecord& record, std::string_view reason, Step& step) {
    ASSERT(!is_live(record.status));
    const auto key = row_key(Table::ticket_ended, record);
    step.ready.writes.erase(row_key(Table::ticket_live, record));
    step.ready.writes.put(key, encode_ticket(record, reason));
    step.ready.writes.put(by_uuid_key(record.line->tenant, record.uuid), key);
    const auto by_age = age_key(record.updated_at, record);
    step.ready.writes.put(by_age, age_value(record));
    oldest_ended_ = std::min(oldest_ended_, by_age);
    ++ended_count_;
    counters_changed_ = true;
}

void TicketRows::update_ended(const TicketRecord& record, std::string_view reason, Step& step) {
    ASSERT(!is_live(record.status));
    step.ready.writes.put(row_key(Table::ticket_ended, record), encode_ticket(record, reason));
}

void TicketRows::erase_ended(TenantId tenant, ServerId server, Step& step) {
    for (const auto table : {Table::ticket_ended, Table::ticket_elsewhere}) {
        const auto prefix = ticket_row_prefix(table, tenant, server);
        step.ready.writes.erase_range(prefix, prefix_end(prefix));
    }
}

void TicketRows::put_elsewhere(const TicketRecord& record, Step& step) {
    const auto row = row_key(Table::ticket_live, record);
    for (const auto server : further_servers(record)) {
        step.ready.writes.put(
            ticket_row_key(Table::ticket_elsewhere, record.line->tenant, server, record.sequence),
            std::string_view(row).substr(1));
    }
}

void TicketRows::note(const TicketRecord& record, std::string_view transition,
                      std::string_view reason, Step& step) {
    const auto position =
        step.emit(make_event(record, record.details->fields(), transition, reason, step.by));
    step.ready.writes.put(history_key(record, position),
                          encode_transition(transition, reason, record, 1, step));
}

void TicketRows::note_renewal(TicketRecord& record, TicketFields fields, Step& step) {
    constexpr std::string_view transition = "renewed";
    Renewals renewals = fields.renewals.value_or(Renewals());
    if (renewals.count > 0 && renewals.status == record.status) {
        step.ready.writes.erase(history_key(record, renewals.last));
    } else {
        renewals.count = 0;
    }
    ++renewals.count;
    renewals.status = record.status;
    renewals.last = step.emit(make_event(record, fields, transition, {}, step.by));
    step.ready.writes.put(history_key(record, renewals.last),
                          encode_transition(transition, {}, record, renewals.count, step));
    fields.renewals = renewals;
    record.details = TicketDetails::make(fields);
}

Result<std::optional<TicketView>> TicketRows::find_ended(TenantId tenant, const Uuid& uuid,
                                                         const RowReader& rows) {
    TRY_AS(const auto key, rows.get(by_uuid_key(tenant, uuid)));
    if (!key) return std::optional<TicketView>();
    TRY_AS(const auto row, rows.get(*key));
    // The row goes first when a server is cleared; its signpost is forgotten with its age.
    if (!row) return std::optional<TicketView>();
    auto view = decode_ticket(*key, *row);
    if (!view) return fail(ErrorCode::internal, std::string(damaged_row));
    return view;
}

Result<std::vector<TicketTransition>> TicketRows::history(const TicketRecord& record,
                                                          const RowReader& rows) {
    const auto prefix = row_key(Table::ticket_history, record);
    std::vector<TicketTransition> entries;
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        auto entry = decode_transition(scan->key(), scan->value());
        if (!entry) return fail(ErrorCode::internal, std::string(damaged_row));
        entries.push_back(std::move(*entry));
    }
    TRY(scan->status());
    return entries;
}

Result<bool> TicketRows::forget_ended(Step& step) {
    const auto table_start = KeyBuilder(Table::ticket_ended_at).take();
    oldest_ended_ = std::max(oldest_ended_, table_start);
    const uint64_t age_limit = KeyBuilder::sortable(step.now.wall - limits_.ended_age_max);
    const auto scan = step.rows.scan(oldest_ended_, prefix_end(table_start));
    size_t forgotten = 0;
    for (; scan->valid() && forgotten < limits_.ended_per_step_max; scan->next(), ++forgotten) {
        ByteReader key(scan->key());
        key.u8();
        const bool too_old = key.u64_be() < age_limit;
        if (!too_old && ended_count_ <= limits_.ended_max) return false;
        TRY(forget_one(scan->key(), scan->value(), step));
        oldest_ended_ = scan->key();
        --ended_count_;
        counters_changed_ = true;
    }
    TRY(scan->status());
    return forgotten == limits_.ended_per_step_max;
}

// Does not need the ended row, which goes first when its server is cleared.
Result<void> TicketRows::forget_one(std::string_view age_row, std::string_view value, Step& step) {
    const auto row_rest = age_row.substr(age_prefix_bytes);
    const auto key_in = [&](Table table) { return KeyBuilder(table).tail(row_rest).take(); };
    ByteReader place(row_rest);
    const TenantId tenant(place.u32_be());
    read_server(place);
    const TicketSequence sequence(place.u64_be());
    ByteReader reader(value);
    const auto uuid = reader.fixed(sizeof(Uuid));
    if (!reader.ok() || !place.ok()) return fail(ErrorCode::internal, std::string(damaged_row));
    step.ready.writes.erase(by_uuid_key(tenant, Uuid::from_raw(uuid)));
    while (!reader.at_end() && reader.ok()) {
        const auto server = read_server(reader);
        step.ready.writes.erase(ticket_row_key(Table::ticket_elsewhere, tenant, server, sequence));
    }
    step.ready.writes.erase(key_in(Table::ticket_ended));
    const auto history = key_in(Table::ticket_history);
    const auto scan = step.rows.scan(history, prefix_end(history));
    for (; scan->valid(); scan->next()) step.ready.writes.erase(scan->key());
    TRY(scan->status());
    step.ready.writes.erase(age_row);
    return {};
}

}  // namespace signalbox
