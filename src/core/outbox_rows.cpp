#include "core/outbox_rows.h"

#include "base/bytes.h"
#include "core/queue_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t outbox_row_version = 1;
constexpr uint8_t subscription_row_version = 1;
constexpr uint8_t delivery_row_version = 1;
constexpr uint8_t notification_row_version = 2;

constexpr uint8_t needs_confirmation_bit = 1;
constexpr uint8_t confirmed_bit = 2;
constexpr uint8_t gone_bit = 4;

constexpr uint8_t sealed_bit = 1;  // of a notification

void put_instant(std::string& out, Instant at) {
    put_signed_varint(out, at.time_since_epoch().count());
}

Instant read_instant(ByteReader& reader) {
    return Instant(Duration(reader.signed_varint()));
}

}  // namespace

std::string outbox_key(const QueueKey& key) {
    return KeyBuilder(Table::outbox)
        .tenant(key.tenant)
        .u8(static_cast<uint8_t>(key.queue.kind))
        .tail(key.queue.name)
        .take();
}

std::string subscription_key(OutboxNumber outbox, const SubscriptionId& id) {
    return KeyBuilder(Table::subscription).u64(outbox.value).tail(id.raw()).take();
}

std::string delivery_key(OutboxNumber outbox, const SubscriptionId& id) {
    return KeyBuilder(Table::delivery).u64(outbox.value).tail(id.raw()).take();
}

std::string notification_key(OutboxNumber outbox, uint64_t sequence) {
    return KeyBuilder(Table::notification).u64(outbox.value).u64(sequence).take();
}

std::string encode_outbox(const Outbox& outbox) {
    std::string out;
    put_u8(out, outbox_row_version);
    put_varint(out, outbox.number.value);
    put_bytes(out, outbox.tenant);
    return out;
}

std::optional<OutboxRow> decode_outbox(std::string_view key, std::string_view value) {
    ByteReader reader(key);
    reader.u8();
    OutboxRow row;
    row.key.tenant = TenantId(reader.u32_be());
    const uint8_t kind = reader.u8();
    if (!reader.ok() || kind > static_cast<uint8_t>(QueueKind::applier)) return std::nullopt;
    row.key.queue = {static_cast<QueueKind>(kind), std::string(reader.rest())};
    ByteReader value_reader(value);
    if (value_reader.u8() != outbox_row_version) return std::nullopt;
    row.number = OutboxNumber(value_reader.varint());
    row.tenant = value_reader.bytes();
    if (!value_reader.ok() || row.number == OutboxNumber()) return std::nullopt;
    return row;
}

std::optional<SubscriptionPlace> decode_subscription_place(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    SubscriptionPlace place;
    place.outbox = OutboxNumber(reader.u64_be());
    const auto raw = reader.fixed(sizeof(SubscriptionId));
    if (!reader.ok()) return std::nullopt;
    place.id = SubscriptionId::from_raw(raw);
    return place;
}

std::string encode_subscription(const Subscription& subscription) {
    std::string out;
    put_u8(out, subscription_row_version);
    put_bytes(out, subscription.subscriber);
    put_bytes(out, subscription.options);
    put_varint(out, static_cast<uint64_t>(subscription.ttl.count()));
    put_instant(out, subscription.renewed_at);
    uint8_t flags = 0;
    if (subscription.needs_confirmation) flags |= needs_confirmation_bit;
    if (subscription.is_confirmed) flags |= confirmed_bit;
    if (subscription.is_gone) flags |= gone_bit;
    put_u8(out, flags);
    put_u8(out, static_cast<uint8_t>(subscription.notice));
    return out;
}

bool decode_subscription(std::string_view value, Subscription& subscription) {
    ByteReader reader(value);
    if (reader.u8() != subscription_row_version) return false;
    subscription.subscriber = reader.bytes();
    subscription.options = reader.bytes();
    subscription.ttl = Duration(static_cast<int64_t>(reader.varint()));
    subscription.renewed_at = read_instant(reader);
    subscription.expires_at = saturating_add(subscription.renewed_at, subscription.ttl);
    const uint8_t flags = reader.u8();
    subscription.needs_confirmation = (flags & needs_confirmation_bit) != 0;
    subscription.is_confirmed = (flags & confirmed_bit) != 0;
    subscription.is_gone = (flags & gone_bit) != 0;
    const uint8_t notice = reader.u8();
    if (notice > static_cast<uint8_t>(Subscription::Notice::unsubscription)) return false;
    subscription.notice = static_cast<Subscription::Notice>(notice);
    return reader.ok();
}

std::string encode_delivery(const Subscription& subscription) {
    std::string out;
    put_u8(out, delivery_row_version);
    put_varint(out, subscription.next);
    put_varint(out, subscription.delivered);
    put_varint(out, subscription.dropped);
    put_varint(out, subscription.failures);
    put_instant(out, subscription.next_attempt_at);
    put_bytes(out, subscription.last_error);
    return out;
}

bool decode_delivery(std::string_view value, Subscription& subscription) {
    ByteReader reader(value);
    if (reader.u8() != delivery_row_version) return false;
    subscription.next = reader.varint();
    subscription.delivered = reader.varint();
    subscription.dropped = reader.varint();
    subscription.failures = static_cast<uint32_t>(reader.varint());
    subscription.next_attempt_at = read_instant(reader);
    subscription.last_error = reader.bytes();
    return reader.ok() && subscription.next > 0;
}

void encode_notification(const Notification& notification, std::string& out) {
    put_u8(out, notification_row_version);
    out += notification.message.raw();
    put_instant(out, notification.posted_at);
    put_varint(out, static_cast<uint64_t>(notification.ttl.count()));
    put_varint(out, notification.bytes_before);
    put_u8(out, notification.seal ? sealed_bit : 0);
    if (notification.seal) put_seal(out, *notification.seal);
    out += notification.body;
}

std::optional<Notification> decode_notification(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    key_reader.u64_be();
    Notification notification;
    notification.sequence = key_reader.u64_be();
    ByteReader reader(value);
    if (reader.u8() != notification_row_version) return std::nullopt;
    notification.message = MessageId::from_raw(reader.fixed(sizeof(MessageId)));
    notification.posted_at = read_instant(reader);
    notification.ttl = Duration(static_cast<int64_t>(reader.varint()));
    notification.bytes_before = reader.varint();
    if ((reader.u8() & sealed_bit) != 0) notification.seal = read_seal(reader);
    if (!key_reader.ok() || !reader.ok()) return std::nullopt;
    notification.body = reader.rest();
    return notification;
}

}  // namespace signalbox
