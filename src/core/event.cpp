#include "core/event.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/checksum.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t event_row_version = 1;
// Behind each event its audience, or that it has none.
constexpr uint8_t event_row_version_audience = 2;

void put_audience(std::string& out, const std::optional<EventAudience>& audience) {
    put_u8(out, audience ? 1 : 0);
    if (!audience) return;
    put_bytes(out, audience->name);
    put_bytes(out, audience->access);
    put_u8(out, audience->whole_tenant ? 1 : 0);
    put_varint(out, audience->users.size());
    for (const auto& user : audience->users) out += user.raw();
}

std::optional<EventAudience> read_audience(ByteReader& reader) {
    if (reader.u8() == 0) return std::nullopt;
    EventAudience audience;
    audience.name = reader.bytes();
    audience.access = reader.bytes();
    audience.whole_tenant = reader.u8() != 0;
    const uint64_t users = reader.varint();
    for (uint64_t i = 0; i < users && reader.ok(); ++i) {
        const auto raw = reader.fixed(sizeof(Uuid));
        if (reader.ok()) audience.users.push_back(Uuid::from_raw(raw));
    }
    return audience;
}

}  // namespace

Topic make_topic(std::string_view kind, std::initializer_list<std::string_view> names) {
    std::string bytes;
    put_bytes(bytes, kind);
    for (const auto name : names) put_bytes(bytes, name);
    return Topic(checksum(bytes));
}

bool Event::is_about(Topic topic) const {
    return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

bool Event::is_about(const std::vector<Topic>& some) const {
    return std::any_of(some.begin(), some.end(), [&](Topic topic) { return is_about(topic); });
}

std::string event_row_key(Revision revision) {
    return KeyBuilder(Table::event).u64(revision.value).take();
}

std::string encode_events(const std::vector<Event>& events) {
    std::string out;
    const bool has_audience = std::any_of(
        events.begin(), events.end(), [](const auto& event) { return event.audience.has_value(); });
    put_u8(out, has_audience ? event_row_version_audience : event_row_version);
    put_varint(out, events.size());
    for (const auto& event : events) {
        put_varint(out, event.tenant.value);
        put_signed_varint(out, event.time.time_since_epoch().count());
        put_bytes(out, event.type);
        put_bytes(out, event.subject);
        put_varint(out, event.topics.size());
        for (const auto topic : event.topics) put_u64_le(out, topic.value);
        put_bytes(out, event.data);
        if (has_audience) put_audience(out, event.audience);
    }
    return out;
}

std::optional<std::vector<Event>> decode_events(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    const Revision revision(key_reader.u64_be());
    ByteReader reader(value);
    const uint8_t version = reader.u8();
    if (version != event_row_version && version != event_row_version_audience) return std::nullopt;
    const uint64_t count = reader.varint();
    std::vector<Event> events;
    for (uint64_t i = 0; i < count && reader.ok(); ++i) {
        Event event;
        event.position = {revision, static_cast<uint32_t>(i)};
        event.tenant = TenantId(static_cast<uint32_t>(reader.varint()));
        event.time = Instant(Duration(reader.signed_varint()));
        event.type = reader.bytes();
        event.subject = reader.bytes();
        const uint64_t topics = reader.varint();
        for (uint64_t t = 0; t < topics && reader.ok(); ++t) {
            event.topics.emplace_back(reader.u64_le());
        }
        event.data = reader.bytes();
        if (version == event_row_version_audience) event.audience = read_audience(reader);
        events.push_back(std::move(event));
    }
    if (!reader.ok() || !key_reader.ok()) return std::nullopt;
    return events;
}

}  // namespace signalbox
