#include "core/queue_rows.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "core/instant_bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t queue_row_version = 1;
constexpr uint8_t counters_row_version = 1;
constexpr uint8_t claim_row_version = 1;
constexpr uint8_t cursor_row_version = 1;

// Bits of the first number of a message's row: which fields follow. On disk.
enum MessageField : uint64_t {
    has_expires_at = 1u << 0,
    has_delay = 1u << 1,
    has_claim_count = 1u << 2,
    has_expiry_row = 1u << 3,
    has_moved_id = 1u << 4,
    has_client = 1u << 5,
    has_group = 1u << 6,
    has_seal = 1u << 7,
};
constexpr uint64_t message_fields = (has_seal << 1) - 1;

// Bits of a taken message. On disk.
enum TakenField : uint8_t {
    taken_is_plain = 1u << 0,
    taken_has_group = 1u << 1,
};

Duration read_duration(ByteReader& reader) {
    return Duration(reader.signed_varint());
}

// Settings: one bit for each that is set, then their values in the same order.
class SettingsWriter {
public:
    void add(const std::optional<Duration>& value) {
        if (next(value.has_value())) put_signed_varint(values_, value->count());
    }
    void add(const std::optional<int64_t>& value) {
        if (next(value.has_value())) put_signed_varint(values_, *value);
    }
    void add(const std::optional<bool>& value) {
        if (next(value.has_value())) put_u8(values_, *value ? 1 : 0);
    }
    void add(const std::optional<std::string>& value) {
        if (next(value.has_value())) put_bytes(values_, *value);
    }
    void append_to(std::string& out) const {
        put_varint(out, bits_);
        out += values_;
    }

private:
    bool next(bool is_set) {
        if (is_set) bits_ |= bit_;
        bit_ <<= 1;
        return is_set;
    }

    uint64_t bits_ = 0;
    uint64_t bit_ = 1;
    std::string values_;
};

class SettingsReader {
public:
    explicit SettingsReader(ByteReader& reader) : reader_(reader), bits_(reader.varint()) {}

    void add(std::optional<Duration>& value) {
        if (next()) value = read_duration(reader_);
    }
    void add(std::optional<int64_t>& value) {
        if (next()) value = reader_.signed_varint();
    }
    void add(std::optional<bool>& value) {
        if (next()) value = reader_.u8() != 0;
    }
    void add(std::optional<std::string>& value) {
        if (next()) value = std::string(reader_.bytes());
    }

private:
    bool next() {
        const bool is_set = (bits_ & 1u) != 0;
        bits_ >>= 1;
        return is_set;
    }

    ByteReader& reader_;
    uint64_t bits_;
};

// On disk: new ones at the end only.
template <class Visitor, class Settings>
void visit_settings(Visitor& visitor, Settings& settings) {
    visitor.add(settings.post_bytes_max);
    visitor.add(settings.ttl);
    visitor.add(settings.delay);
    visitor.add(settings.dead_letter_queue);
    visitor.add(settings.dead_letter_ttl);
    visitor.add(settings.claims_max);
    visitor.add(settings.encrypt);
    visitor.add(settings.flavor);
    visitor.add(settings.retry_policy);
    visitor.add(settings.messages_max);
    visitor.add(settings.bytes_max);
    visitor.add(settings.dedup_window);
}

void put_place(std::string& out, MessagePlace place) {
    put_u8(out, place.lane);
    put_u64_be(out, place.sequence);
}

MessagePlace read_place(ByteReader& reader) {
    MessagePlace place;
    place.lane = reader.u8();
    place.sequence = reader.u64_be();
    return place;
}

// Three bytes that differ from queue to queue.
uint32_t id_check(QueueNumber queue) {
    std::string bytes;
    put_u64_be(bytes, queue.value);
    return checksum(bytes) & 0xffffffu;
}

KeyBuilder of_queue(Table table, QueueNumber queue) {
    return KeyBuilder(table).u64(queue.value);
}

}  // namespace

std::string queue_row_prefix(TenantId tenant, QueueKind kind) {
    return KeyBuilder(Table::queue).tenant(tenant).u8(static_cast<uint8_t>(kind)).take();
}

std::string queue_row_key(const QueueKey& key) {
    return queue_row_prefix(key.tenant, key.queue.kind) + key.queue.name;
}

std::string encode_queue(const QueueRow& row) {
    std::string out;
    put_u8(out, queue_row_version);
    put_varint(out, row.number.value);
    put_instant(out, row.created_at);
    put_varint(out, row.version);
    SettingsWriter settings;
    visit_settings(settings, row.settings);
    settings.append_to(out);
    put_bytes(out, row.metadata);
    return out;
}

std::optional<QueueRow> decode_queue(std::string_view value) {
    ByteReader reader(value);
    if (reader.u8() != queue_row_version) return std::nullopt;
    QueueRow row;
    row.number = QueueNumber(reader.varint());
    row.created_at = read_instant(reader);
    row.version = reader.varint();
    SettingsReader settings(reader);
    visit_settings(settings, row.settings);
    row.metadata = reader.bytes();
    if (!reader.ok()) return std::nullopt;
    return row;
}

std::string queue_number_key(QueueNumber number) {
    return of_queue(Table::queue_by_number, number).take();
}

std::string encode_queue_key(const QueueKey& key) {
    std::string out;
    put_u32_le(out, key.tenant.value);
    put_u8(out, static_cast<uint8_t>(key.queue.kind));
    return out + key.queue.name;
}

std::optional<QueueKey> decode_queue_key(std::string_view value) {
    ByteReader reader(value);
    QueueKey key;
    key.tenant = TenantId(reader.u32_le());
    const uint8_t kind = reader.u8();
    if (!reader.ok() || kind > static_cast<uint8_t>(QueueKind::topic)) return std::nullopt;
    key.queue.kind = static_cast<QueueKind>(kind);
    key.queue.name = reader.rest();
    return key;
}

std::string queue_counters_key(QueueNumber number) {
    return of_queue(Table::queue_counters, number).take();
}

std::string encode_counters(const Queue& queue) {
    std::string out;
    put_u8(out, counters_row_version);
    put_varint(out, queue.next);
    put_varint(out, queue.live);
    put_varint(out, queue.body_bytes);
    put_varint(out, queue.lanes.size());
    for (const auto& [number, lane] : queue.lanes) {
        put_u8(out, number);
        put_varint(out, lane.head);
        put_instant(out, lane.ordered_until);
    }
    return out;
}

bool decode_counters(std::string_view value, Queue& queue) {
    ByteReader reader(value);
    if (reader.u8() != counters_row_version) return false;
    queue.next = reader.varint();
    queue.live = reader.varint();
    queue.body_bytes = reader.varint();
    const uint64_t lanes = reader.varint();
    for (uint64_t i = 0; i < lanes && reader.ok(); ++i) {
        const uint8_t number = reader.u8();
        Lane lane;
        lane.head = reader.varint();
        lane.swept = lane.head;
        lane.ordered_until = read_instant(reader);
        if (number > priority_max) return false;
        queue.lanes.emplace(number, std::move(lane));
    }
    return reader.ok() && queue.next > 0;
}

std::string message_key(QueueNumber queue, MessagePlace place) {
    return of_queue(Table::message, queue).u8(place.lane).u64(place.sequence).take();
}

std::optional<MessagePlace> message_place_of_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u64_be();
    const auto place = read_place(reader);
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    return place;
}

void put_seal(std::string& out, const BodySeal& seal) {
    put_u64_be(out, seal.key.value);
    out.append(seal.nonce.data(), seal.nonce.size());
}

BodySeal read_seal(ByteReader& reader) {
    BodySeal seal;
    seal.key = BodyKeyId(reader.u64_be());
    reader.fixed(seal.nonce.size()).copy(seal.nonce.data(), seal.nonce.size());
    return seal;
}

void encode_message(const MessageRow& row, std::string& out) {
    uint64_t fields = 0;
    const bool lives_longer = row.expires_at != saturating_add(row.created_at, row.ttl);
    if (lives_longer) fields |= has_expires_at;
    if (row.delayed_until) fields |= has_delay;
    if (row.claim_count > 0) fields |= has_claim_count;
    if (row.has_expiry_row) fields |= MessageField::has_expiry_row;
    if (row.moved_id) fields |= has_moved_id;
    if (!row.client.empty()) fields |= has_client;
    if (!row.group.empty()) fields |= has_group;
    if (row.seal) fields |= has_seal;
    put_varint(out, fields);
    put_instant(out, row.created_at);
    put_signed_varint(out, row.ttl.count());
    if (lives_longer) put_instant(out, row.expires_at);
    if (row.delayed_until) put_instant(out, *row.delayed_until);
    if (row.claim_count > 0) put_varint(out, row.claim_count);
    if (row.moved_id) out += row.moved_id->raw();
    if (!row.client.empty()) put_bytes(out, row.client);
    if (!row.group.empty()) put_bytes(out, row.group);
    if (row.seal) put_seal(out, *row.seal);
    out += row.body;
}

std::optional<MessageRow> decode_message(std::string_view value) {
    ByteReader reader(value);
    const uint64_t fields = reader.varint();
    if ((fields & ~message_fields) != 0) return std::nullopt;
    MessageRow row;
    row.created_at = read_instant(reader);
    row.ttl = read_duration(reader);
    if (row.ttl < Duration::zero()) return std::nullopt;
    row.expires_at = (fields & has_expires_at) != 0 ? read_instant(reader)
                                                    : saturating_add(row.created_at, row.ttl);
    if ((fields & has_delay) != 0) row.delayed_until = read_instant(reader);
    if ((fields & has_claim_count) != 0) row.claim_count = static_cast<uint32_t>(reader.varint());
    row.has_expiry_row = (fields & MessageField::has_expiry_row) != 0;
    if ((fields & has_moved_id) != 0) {
        const auto raw = reader.fixed(sizeof(MessageId));
        if (!reader.ok()) return std::nullopt;
        row.moved_id = MessageId::from_raw(raw);
    }
    if ((fields & has_client) != 0) row.client = reader.bytes();
    if ((fields & has_group) != 0) row.group = reader.bytes();
    if ((fields & has_seal) != 0) row.seal = read_seal(reader);
    if (!reader.ok()) return std::nullopt;
    row.body = reader.rest();
    if (row.seal && row.body.size() < BodyCipher::tag_bytes) return std::nullopt;
    return row;
}

MessageId message_id(QueueNumber queue, MessagePlace place) {
    std::string raw;
    put_place(raw, place);
    const uint32_t check = id_check(queue);
    put_u8(raw, static_cast<uint8_t>(check >> 16));
    put_u8(raw, static_cast<uint8_t>(check >> 8));
    put_u8(raw, static_cast<uint8_t>(check));
    return MessageId::from_raw(raw);
}

std::optional<MessagePlace> message_place(QueueNumber queue, const MessageId& id) {
    ByteReader reader(id.raw());
    const auto place = read_place(reader);
    if (place.lane > priority_max || message_id(queue, place) != id) return std::nullopt;
    return place;
}

std::string timed_key(Table table, QueueNumber queue, Instant at, MessagePlace place) {
    return of_queue(table, queue).instant(at).u8(place.lane).u64(place.sequence).take();
}

std::optional<TimedPlace> timed_place_of_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u64_be();
    TimedPlace timed;
    timed.at = Instant(Duration(static_cast<int64_t>(reader.u64_be())));
    timed.place = read_place(reader);
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    return timed;
}

std::string moved_key(QueueNumber queue, const MessageId& id) {
    return of_queue(Table::message_moved, queue).tail(id.raw()).take();
}

std::string encode_place(MessagePlace place) {
    std::string out;
    put_place(out, place);
    return out;
}

std::optional<MessagePlace> decode_place(std::string_view value) {
    ByteReader reader(value);
    const auto place = read_place(reader);
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    return place;
}

std::string claim_key(QueueNumber queue, const ClaimId& id) {
    return of_queue(Table::claim, queue).tail(id.raw()).take();
}

std::string encode_claim(const Claim& claim) {
    std::string out;
    put_u8(out, claim_row_version);
    put_instant(out, claim.renewed_at);
    put_signed_varint(out, claim.ttl.count());
    put_instant(out, claim.expires_at);
    put_instant(out, claim.messages_until);
    put_varint(out, claim.live);
    for (size_t i = 0; i < claim.taken.size(); ++i) {
        const TakenMessage& taken = claim.taken[i];
        if (taken.is_gone) continue;
        const bool is_grouped = !claim.groups.empty() && !claim.groups[i].empty();
        put_u8(out, static_cast<uint8_t>((taken.is_plain ? taken_is_plain : 0) |
                                         (is_grouped ? taken_has_group : 0)));
        put_u8(out, taken.place.lane);
        put_varint(out, taken.place.sequence);
        put_varint(out, taken.body_bytes);
        if (is_grouped) put_bytes(out, claim.groups[i]);
    }
    return out;
}

std::unique_ptr<Claim> decode_claim(std::string_view value) {
    ByteReader reader(value);
    if (reader.u8() != claim_row_version) return nullptr;
    auto claim = std::make_unique<Claim>();
    claim->renewed_at = read_instant(reader);
    claim->ttl = read_duration(reader);
    claim->expires_at = read_instant(reader);
    claim->messages_until = read_instant(reader);
    const uint64_t count = reader.varint();
    for (uint64_t i = 0; i < count && reader.ok(); ++i) {
        const uint8_t fields = reader.u8();
        TakenMessage taken;
        taken.is_plain = (fields & taken_is_plain) != 0;
        taken.place.lane = reader.u8();
        taken.place.sequence = reader.varint();
        taken.body_bytes = static_cast<uint32_t>(reader.varint());
        if ((fields & taken_has_group) != 0) {
            claim->groups.resize(i);
            claim->groups.emplace_back(reader.bytes());
        }
        claim->taken.push_back(taken);
    }
    if (!reader.ok() || !reader.at_end() || claim->taken.empty()) return nullptr;
    if (!claim->groups.empty()) claim->groups.resize(claim->taken.size());
    claim->live = claim->taken.size();
    return claim;
}

std::optional<ClaimPlace> claim_place_of_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    ClaimPlace place;
    place.queue = QueueNumber(reader.u64_be());
    const auto raw = reader.fixed(sizeof(ClaimId));
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    place.id = ClaimId::from_raw(raw);
    return place;
}

std::string cursor_key(QueueNumber queue, std::string_view reader) {
    return of_queue(Table::queue_cursor, queue).tail(reader).take();
}

std::string encode_queue_cursor(const QueueCursor& cursor) {
    std::string out;
    put_u8(out, cursor_row_version);
    put_varint(out, cursor.sequence);
    put_instant(out, cursor.updated_at);
    return out;
}

std::optional<QueueCursor> decode_queue_cursor(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u64_be();
    ByteReader reader(value);
    if (reader.u8() != cursor_row_version) return std::nullopt;
    QueueCursor cursor;
    cursor.reader = key_reader.rest();
    cursor.sequence = reader.varint();
    cursor.updated_at = read_instant(reader);
    if (!reader.ok() || !key_reader.ok()) return std::nullopt;
    return cursor;
}

KeyRange queue_range(Table table, QueueNumber queue) {
    return {of_queue(table, queue).take(), of_queue(table, queue.next()).take()};
}

}  // namespace signalbox
