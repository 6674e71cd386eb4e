#include "core/session.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/json_writer.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t session_row_version = 1;

std::string session_key(TenantId tenant, const Uuid& id) {
    return KeyBuilder(Table::session).tenant(tenant).uuid(id).take();
}

std::string encode(const Session& session) {
    std::string out;
    put_u8(out, session_row_version);
    put_bytes(out, session.name);
    put_signed_varint(out, session.ttl.count());
    put_signed_varint(out, session.grace.count());
    put_signed_varint(out, session.created_at.time_since_epoch().count());
    put_u8(out, session.is_ending ? 1 : 0);
    return out;
}

std::unique_ptr<Session> decode(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    auto session = std::make_unique<Session>();
    session->tenant = TenantId(key_reader.u32_be());
    const auto raw = key_reader.fixed(sizeof(Uuid));
    ByteReader reader(value);
    if (reader.u8() != session_row_version) return nullptr;
    session->name = reader.bytes();
    session->ttl = Duration(reader.signed_varint());
    session->grace = Duration(reader.signed_varint());
    session->created_at = Instant(Duration(reader.signed_varint()));
    session->is_ending = reader.u8() != 0;
    if (!reader.ok() || !key_reader.ok()) return nullptr;
    session->id = Uuid::from_raw(raw);
    return session;
}

Event session_event(const Session& session, std::string type, std::string_view reason,
                    const Caller& by) {
    Event event;
    event.tenant = session.tenant;
    event.type = std::move(type);
    event.subject = session.id.text();
    event.topics = {make_topic("sessions"), make_topic("session", {event.subject})};
    JsonWriter json(event.data);
    json.begin_object();
    json.member("id", event.subject);
    json.member("name", session.name);
    if (!reason.empty()) json.member("reason", reason);
    if (!by.name.empty()) json.member("by", by.name);
    json.end_object();
    return event;
}

Error no_such_session(const Uuid& id) {
    return {ErrorCode::not_found, fmt::format("session {} not found", id.text()), {}};
}

}  // namespace

Result<void> Sessions::load(const RowReader& rows, Timers& timers, Now now) {
    const auto prefix = KeyBuilder(Table::session).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    for (; scan->valid(); scan->next()) {
        auto session = decode(scan->key(), scan->value());
        if (!session) return fail(ErrorCode::internal, "a row of a session is damaged");
        session->ends_at = now.steady + (session->is_ending ? Duration::zero() : session->ttl);
        timers.schedule(*session, session->ends_at);
        const Key key{session->tenant, session->id};
        sessions_.emplace(key, std::move(session));
    }
    return scan->status();
}

Result<SessionView> Sessions::create(TenantId tenant, CreateSession command, Step& step) {
    if (command.ttl < limits_.ttl_min || command.ttl > limits_.ttl_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be between {} and {}", format_duration(limits_.ttl_min),
                                format_duration(limits_.ttl_max)),
                    "ttl");
    }
    if (command.grace > limits_.grace_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}", format_duration(limits_.grace_max)), "grace");
    }
    if (command.name.size() > limits_.name_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must have at most {} bytes", limits_.name_bytes_max), "name");
    }
    if (sessions_.size() >= limits_.sessions_max) {
        return fail(ErrorCode::overloaded, "too many sessions");
    }
    auto session = std::make_unique<Session>();
    session->id = step.random.uuid();
    session->tenant = tenant;
    session->name = std::move(command.name);
    session->ttl = command.ttl;
    session->grace = command.grace;
    session->created_at = step.now.wall;
    step.ready.writes.put(session_key(tenant, session->id), encode(*session));
    step.emit(session_event(*session, "session.created", {}, step.by));
    extend(*session, session->ttl, step.timers, step.now);
    auto view = view_of(*session, step.now);
    const Key key{tenant, session->id};
    sessions_.emplace(key, std::move(session));
    return view;
}

void Sessions::extend(Session& session, Duration span, Timers& timers, Now now) {
    session.ends_at = now.steady + span;
    timers.schedule(session, session.ends_at);
}

Result<Session*> Sessions::require(TenantId tenant, const Uuid& id) const {
    if (Session* session = find(tenant, id)) return session;
    return fail(no_such_session(id));
}

Session* Sessions::find(TenantId tenant, const Uuid& id) const {
    Session* session = find_even_ending(tenant, id);
    return session == nullptr || session->is_ending ? nullptr : session;
}

Session* Sessions::find_even_ending(TenantId tenant, const Uuid& id) const {
    const auto found = sessions_.find({tenant, id});
    return found == sessions_.end() ? nullptr : found->second.get();
}

Result<SessionView> Sessions::get(TenantId tenant, const Uuid& id, Now now) const {
    TRY_AS(const Session* session, require(tenant, id));
    return view_of(*session, now);
}

Result<SessionView> Sessions::renew(TenantId tenant, const Uuid& id, Step& step) {
    TRY_AS(Session* const session, require(tenant, id));
    session->heartbeat_until = step.now.steady + session->ttl;
    if (session->connections.empty()) extend(*session, session->ttl, step.timers, step.now);
    return view_of(*session, step.now);
}

Result<void> Sessions::hold(TenantId tenant, const Uuid& id, RequestId request, Step& step) {
    TRY_AS(Session* const session, require(tenant, id));
    TRY(step.waiters.park(request, session, session->connections));
    TimerWheel::cancel(*session);
    return {};
}

void Sessions::let_go(Session& session, Timers& timers, Now now) {
    if (!session.connections.empty()) return;
    extend(session, std::max(session.grace, session.heartbeat_until - now.steady), timers, now);
}

SessionList Sessions::list(TenantId tenant, const ListSessions& command, Now now) const {
    SessionList list;
    auto at = command.after ? sessions_.upper_bound({tenant, *command.after})
                            : sessions_.lower_bound({tenant, Uuid()});
    for (; at != sessions_.end() && at->first.tenant == tenant; ++at) {
        if (at->second->is_ending) continue;
        if (list.sessions.size() == command.limit) {
            list.more = true;
            break;
        }
        list.sessions.push_back(view_of(*at->second, now));
    }
    return list;
}

void Sessions::begin_end(Session& session, const std::string& reason, Step& step) {
    ASSERT(!session.is_ending);
    session.is_ending = true;
    while (!session.connections.empty()) {
        const RequestId request = step.waiters.take_front(session.connections);
        step.complete<SessionEnded>(request, SessionEnded{session.id, reason});
    }
    step.ready.writes.put(session_key(session.tenant, session.id), encode(session));
    step.emit(session_event(session, "session.ended", reason, step.by));
}

void Sessions::remove(Session& session, Step& step) {
    ASSERT(session.is_ending && session.tickets.empty());
    step.ready.writes.erase(session_key(session.tenant, session.id));
    sessions_.erase({session.tenant, session.id});
}

SessionView Sessions::view_of(const Session& session, Now now) {
    SessionView view;
    view.id = session.id;
    view.name = session.name;
    view.ttl = session.ttl;
    view.grace = session.grace;
    view.created_at = session.created_at;
    view.connections = session.connections.size();
    view.tickets = session.tickets.size();
    if (session.connections.empty()) {
        view.ends_in = std::max(session.ends_at - now.steady, Duration::zero());
    }
    return view;
}

void Sessions::check() const {
    for (const auto& [key, session] : sessions_) {
        ASSERT(session->id == key.id && session->tenant == key.tenant);
        ASSERT(session->connections.empty() == session->is_linked());
        ASSERT(!session->is_ending || session->connections.empty());
    }
}

}  // namespace signalbox
