#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "core/session_commands.h"
#include "core/step.h"
#include "core/watches.h"

namespace signalbox {

// The life of a client, as far as the server can tell: a heartbeat within `ttl`, or an open
// connection and `grace` after the last one broke. What hangs on a session ends with it.
//
//   created --heartbeat--> lives for ttl more --no sign of life--> ended
//           --connection-> lives while it is open; then for grace, or for what a heartbeat
//                          that came meanwhile promised, if that is longer
//
// A heartbeat that is late by no more than the session's patience is good still; without a TTL it
// lives until it is ended. Where it depends on checks, the engine ends it with them.
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
    SessionTerms terms;
    uint64_t create_index = 0;
};

// A check that sessions depend on, by its name on its node; without a name, the node itself.
struct CheckPlace {
    TenantId tenant;
    std::string node;
    std::string check;

    auto operator<=>(const CheckPlace&) const = default;
};

// What the server says of its own node; it is always passing, because it is the server who says so.
inline constexpr std::string_view own_node_check = "serfHealth";

// All sessions of a partition. Ending one is two steps, begin_end() and remove(), because its
// tickets end in between; the engine sees to that. Core thread.
class Sessions {
public:
    Sessions(const SessionLimits& limits, Watches& watches)
        : limits_(limits), watches_(watches) {}

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
    void begin_end(Session& session, const std::string& reason, Step& step);
    // The last step, when it has no tickets any more.
    void remove(Session& session, Step& step);

    // Those that depend on it, in the order of their ids.
    [[nodiscard]] std::vector<Uuid> depending_on(const CheckPlace& place) const;

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
    [[nodiscard]] Result<void> check_terms(const CreateSession& command) const;
    [[nodiscard]] static std::vector<CheckPlace> places_of(const Session& session);
    void link(const Session& session);
    void unlink(const Session& session);
    void tell(const Session& session, Step& step);

    const SessionLimits& limits_;
    Watches& watches_;
    std::map<Key, std::unique_ptr<Session>> sessions_;
    std::map<CheckPlace, std::set<Uuid>> by_check_;
};

// Their rows, for readers with a snapshot: those that have not ended, in the order of their ids.
// Nothing when the row is damaged.
std::optional<SessionView> decode_session(std::string_view key, std::string_view value);
Result<std::optional<SessionView>> read_session(const RowReader& rows, TenantId tenant,
                                                const Uuid& id);
Result<std::vector<SessionView>> read_sessions(const RowReader& rows, TenantId tenant);

}  // namespace signalbox
