#include "core/session.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/json_writer.h"
#include "core/index_rows.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint8_t session_row_version = 2;
// Before it was said of sessions what becomes of keys.
constexpr uint8_t first_row_version = 1;

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
    const auto& terms = session.terms;
    put_bytes(out, terms.ttl_text);
    put_signed_varint(out, terms.patience.count());
    put_u8(out, static_cast<uint8_t>(terms.behavior));
    put_signed_varint(out, terms.lock_delay.count());
    put_bytes(out, terms.node);
    for (const auto* checks : {&terms.node_checks, &terms.service_checks}) {
        put_varint(out, checks->size());
        for (const auto& check : *checks) put_bytes(out, check);
    }
    put_varint(out, session.create_index);
    return out;
}

bool read_terms(ByteReader& reader, Session& session) {
    auto& terms = session.terms;
    terms.ttl_text = reader.bytes();
    terms.patience = Duration(reader.signed_varint());
    const uint8_t behavior = reader.u8();
    terms.behavior = static_cast<SessionBehavior>(behavior);
    terms.lock_delay = Duration(reader.signed_varint());
    terms.node = reader.bytes();
    for (auto* checks : {&terms.node_checks, &terms.service_checks}) {
        uint64_t count = reader.varint();
        for (; count > 0 && reader.ok(); --count) checks->emplace_back(reader.bytes());
    }
    session.create_index = reader.varint();
    return reader.ok() && behavior <= static_cast<uint8_t>(SessionBehavior::erase);
}

std::unique_ptr<Session> decode(std::string_view key, std::string_view value) {
    ByteReader key_reader(key);
    key_reader.u8();
    auto session = std::make_unique<Session>();
    session->tenant = TenantId(key_reader.u32_be());
    const auto raw = key_reader.fixed(sizeof(Uuid));
    ByteReader reader(value);
    const uint8_t version = reader.u8();
    if (version != session_row_version && version != first_row_version) return nullptr;
    session->name = reader.bytes();
    session->ttl = Duration(reader.signed_varint());
    session->grace = Duration(reader.signed_varint());
    session->created_at = Instant(Duration(reader.signed_varint()));
    session->is_ending = reader.u8() != 0;
    if (version == session_row_version && !read_terms(reader, *session)) return nullptr;
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
        if (session->is_ending) {
            extend(*session, Duration::zero(), timers, now);
        } else if (session->ttl > Duration::zero()) {
            extend(*session, session->ttl + session->terms.patience, timers, now);
        }
        link(*session);
        const Key key{session->tenant, session->id};
        sessions_.emplace(key, std::move(session));
    }
    return scan->status();
}

Result<SessionView> Sessions::create(TenantId tenant, CreateSession command, Step& step) {
    const bool is_endless = command.may_be_endless && command.ttl == Duration::zero();
    if (!is_endless && (command.ttl < limits_.ttl_min || command.ttl > limits_.ttl_max)) {
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
    TRY(check_terms(command));
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
    session->terms = std::move(command.terms);
    session->create_index = index_of(step);
    step.ready.writes.put(session_key(tenant, session->id), encode(*session));
    step.emit(session_event(*session, "session.created", {}, step.by));
    if (!is_endless) {
        extend(*session, session->ttl + session->terms.patience, step.timers, step.now);
    }
    link(*session);
    tell(*session, step);
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
    if (session->ttl == Duration::zero()) return view_of(*session, step.now);
    const Duration span = session->ttl + session->terms.patience;
    session->heartbeat_until = step.now.steady + span;
    if (session->connections.empty()) extend(*session, span, step.timers, step.now);
    return view_of(*session, step.now);
}

Result<void> Sessions::hold(TenantId tenant, const Uuid& id, RequestId request, Step& step) {
    TRY_AS(Session* const session, require(tenant, id));
    TRY(step.waiters.park(request, session, session->connections));
    TimerWheel::cancel(*session);
    return {};
}

void Sessions::let_go(Session& session, Timers& timers, Now now) {
    if (!session.connections.empty() || session.ttl == Duration::zero()) return;
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
    tell(session, step);
}

Result<void> Sessions::check_terms(const CreateSession& command) const {
    const auto& terms = command.terms;
    if (terms.lock_delay < Duration::zero() || terms.lock_delay > limits_.lock_delay_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be between 0s and {}", format_duration(limits_.lock_delay_max)),
                    "LockDelay");
    }
    if (terms.node_checks.size() + terms.service_checks.size() > limits_.checks_per_session_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("must be at most {}", limits_.checks_per_session_max), "Checks");
    }
    return {};
}

// Who watches sessions may wait for any of them or for this one.
void Sessions::tell(const Session& session, Step& step) {
    touch_index(session.tenant, IndexScope::sessions, {}, step);
    watches_.changed(session.tenant, {WatchKind::sessions, {}}, step);
    watches_.changed(session.tenant, {WatchKind::session, session.id.text()}, step);
}

std::vector<CheckPlace> Sessions::places_of(const Session& session) {
    std::vector<CheckPlace> places;
    const auto& terms = session.terms;
    // The server's own node does not go.
    if (!terms.node.empty()) places.push_back({session.tenant, terms.node, {}});
    for (const auto* checks : {&terms.node_checks, &terms.service_checks}) {
        for (const auto& check : *checks) {
            if (terms.node.empty() && check == own_node_check) continue;
            places.push_back({session.tenant, terms.node, check});
        }
    }
    return places;
}

void Sessions::link(const Session& session) {
    for (auto& place : places_of(session)) by_check_[std::move(place)].insert(session.id);
}

void Sessions::unlink(const Session& session) {
    for (const auto& place : places_of(session)) {
        const auto found = by_check_.find(place);
        if (found == by_check_.end()) continue;
        found->second.erase(session.id);
        if (found->second.empty()) by_check_.erase(found);
    }
}

std::vector<Uuid> Sessions::depending_on(const CheckPlace& place) const {
    const auto found = by_check_.find(place);
    if (found == by_check_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

void Sessions::remove(Session& session, Step& step) {
    ASSERT(session.is_ending && session.tickets.empty());
    step.ready.writes.erase(session_key(session.tenant, session.id));
    unlink(session);
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
    view.terms = session.terms;
    view.create_index = session.create_index;
    if (session.connections.empty() && session.is_linked()) {
        view.ends_in = std::max(session.ends_at - now.steady, Duration::zero());
    }
    return view;
}

void Sessions::check() const {
    for (const auto& [key, session] : sessions_) {
        ASSERT(session->id == key.id && session->tenant == key.tenant);
        const bool is_endless = session->ttl == Duration::zero() && !session->is_ending;
        ASSERT(session->is_linked() == (session->connections.empty() && !is_endless));
        for (const auto& place : places_of(*session)) {
            ASSERT(by_check_.at(place).contains(session->id));
        }
        ASSERT(!session->is_ending || session->connections.empty());
    }
}

std::optional<SessionView> decode_session(std::string_view key, std::string_view value) {
    const auto session = decode(key, value);
    if (!session) return std::nullopt;
    SessionView view;
    view.id = session->id;
    view.name = session->name;
    view.ttl = session->ttl;
    view.grace = session->grace;
    view.created_at = session->created_at;
    view.terms = session->terms;
    view.create_index = session->create_index;
    return view;
}

Result<std::optional<SessionView>> read_session(const RowReader& rows, TenantId tenant,
                                                const Uuid& id) {
    const auto key = session_key(tenant, id);
    TRY_AS(const auto row, rows.get(key));
    if (!row) return std::optional<SessionView>();
    const auto session = decode(key, *row);
    if (!session) return fail(ErrorCode::internal, "a row of a session is damaged");
    if (session->is_ending) return std::optional<SessionView>();
    return decode_session(key, *row);
}

Result<std::vector<SessionView>> read_sessions(const RowReader& rows, TenantId tenant) {
    const auto prefix = KeyBuilder(Table::session).tenant(tenant).take();
    const auto scan = rows.scan(prefix, prefix_end(prefix));
    std::vector<SessionView> sessions;
    for (; scan->valid(); scan->next()) {
        const auto session = decode(scan->key(), scan->value());
        if (!session) return fail(ErrorCode::internal, "a row of a session is damaged");
        if (session->is_ending) continue;
        sessions.push_back(*decode_session(scan->key(), scan->value()));
    }
    TRY(scan->status());
    return sessions;
}

}  // namespace signalbox
