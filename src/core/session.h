#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "core/session_commands.h"
#include "core/step.h"

namespace signalbox {

// The life of a client, as far as the server can tell: a heartbeat within `ttl`, or an open
// connection and `grace` after the last one broke. What hangs on a session ends with it.
//
//   created --heartbeat--> lives for ttl more --no sign of life--> ended
//           --connection-> lives while it is open; then for grace, or for what a heartbeat
//                          that came meanwhile promised, if that is longer
//
// Heartbeats are not written down: after a restart every session has its full ttl once more,
// because nobody could reach the server while it was away.
struct Session : TimerHook {
    Session() : TimerHook(TimerKind::session_deadline) {}

    Uuid id;
    TenantId tenant;
    std::string name;
    Duration ttl{};
    Duration grace{};
    Instant created_at;
    SteadyInstant ends_at;          // meaningful while no connection holds it
    SteadyInstant heartbeat_until;  // by the last heartbeat; its creation was none
    WaiterList connections;
    std::map<TicketSequence, Ticket*> tickets;
    // Its end is written down; its tickets follow, a few at a time. Nobody sees it any more.
    bool is_ending = false;
};

// All sessions of a partition. Ending one is two steps, begin_end() and remove(), because its
// tickets end in between; the engine sees to that. Core thread.
class Sessions {
public:
    explicit Sessions(const SessionLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows, Timers& timers, Now now);

    Result<SessionView> create(TenantId tenant, CreateSession command, Step& step);
    [[nodiscard]] Result<SessionView> get(TenantId tenant, const Uuid& id, Now now) const;
    Result<SessionView> renew(TenantId tenant, const Uuid& id, Step& step);
    // Parks `request` as a connection.
    Result<void> hold(TenantId tenant, const Uuid& id, RequestId request, Step& step);
    // One connection less; its waiter is gone already.
    void let_go(Session& session, Timers& timers, Now now);
    [[nodiscard]] SessionList list(TenantId tenant, const ListSessions& command, Now now) const;

    // Null when there is none, or none any more.
    [[nodiscard]] Session* find(TenantId tenant, const Uuid& id) const;
    [[nodiscard]] Result<Session*> require(TenantId tenant, const Uuid& id) const;
    // For tickets on their way back from their rows: also one that is ending.
    [[nodiscard]] Session* find_even_ending(TenantId tenant, const Uuid& id) const;

    // Writes down that it ends, and answers the connections that held it.
    static void begin_end(Session& session, const std::string& reason, Step& step);
    // The last step, when it has no tickets any more.
    void remove(Session& session, Step& step);

    [[nodiscard]] size_t count() const { return sessions_.size(); }
    void check() const;

private:
    struct Key {
        TenantId tenant;
        Uuid id;
        auto operator<=>(const Key&) const = default;
    };

    [[nodiscard]] static SessionView view_of(const Session& session, Now now);
    static void extend(Session& session, Duration span, Timers& timers, Now now);

    const SessionLimits& limits_;
    std::map<Key, std::unique_ptr<Session>> sessions_;
};

}  // namespace signalbox
