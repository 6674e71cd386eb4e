#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"

namespace signalbox {

// One event of the feed as a follower got it.
struct SeenEvent {
    std::string cursor;
    uint64_t revision = 0;
    uint32_t index = 0;
    std::string type;  // without "signalbox."
    std::string subject;
    std::string data;  // JSON
    Instant time;

    auto operator<=>(const SeenEvent&) const = default;
};

// What may never happen to tickets, told by what clients were promised and by the feed. It is
// told everything, and complains at the end of a run, or whenever verify() is asked.
//
// - what was acknowledged is in the feed: no create, grant, release or delete is lost;
// - the events of a ticket follow its life cycle, and a deleted ticket never returns;
// - an exclusive line has one holder at most, and grants in order of creation;
// - tokens rise with each grant;
// - a wait that says "active" was granted, with that token;
// - nothing is granted or stays active past its time;
// - a key stands for one ticket;
// - the state that the feed adds up to is the state that a listing shows.
class TicketOracle {
public:
    struct Ticket {
        Instant expires_at;  // what was asked for, when it was a time of the calendar
        bool is_calendar = false;
    };

    // What a client was told.
    void created(const std::string& uuid, const Ticket& ticket);
    void told_active(const std::string& uuid, uint64_t token);
    void released(const std::string& uuid);
    void deleted(const std::string& uuid);
    void same_key(const std::string& key, const std::string& uuid);
    // "server/scope/id": tickets there may be shared, urgent or stand in other lines too, so no
    // order is promised that could be told from the feed alone.
    void line_is_unordered(const std::string& line) { unordered_.insert(line); }

    // The feed, in the order in which it was committed.
    void saw(const SeenEvent& event);
    // A listing of everything: uuid -> status. To be called when nothing is under way and the
    // follower has caught up.
    void compare_with_listing(const std::map<std::string, std::string>& listing);
    // Of those that have ended so many are kept, and the oldest are forgotten.
    void ended_are_kept(size_t ended_max) { ended_max_ = ended_max; }
    // How late an expiry was at worst, while the server was up.
    [[nodiscard]] Duration worst_lateness() const { return worst_lateness_; }
    void server_was_down_until(Instant instant) { down_until_ = instant; }
    // Whatever came due on the way there came due at once.
    void calendar_was_set_to(Instant instant) { down_until_ = instant; }

    // Everything that is wrong; empty when nothing is.
    [[nodiscard]] std::vector<std::string> verify();
    [[nodiscard]] const std::vector<SeenEvent>& seen() const { return seen_; }

private:
    struct State {
        std::string status;  // "", "queued", "active", "finished", "expired", "deleted"
        std::string line;
        uint64_t token = 0;
        uint64_t created_at = 0;  // position in the feed
        std::string passed_by;    // granted although this one stood in front of it
    };

    void wrong(const SeenEvent& event, const std::string& what);
    void follow(const SeenEvent& event);
    void follow_grant(const SeenEvent& event, State& state, uint64_t token);

    std::map<std::string, Ticket> asked_;
    std::map<std::string, uint64_t> told_active_;
    std::set<std::string> told_released_;
    std::set<std::string> told_deleted_;
    std::map<std::string, std::string> keys_;
    std::set<std::string> unordered_;
    std::set<std::string> actions_;  // workers name their key there

    std::vector<SeenEvent> seen_;
    std::map<std::string, State> states_;
    std::map<std::string, std::set<std::string>> holders_;            // by line
    std::map<std::string, std::map<uint64_t, std::string>> waiting_;  // by line, oldest first
    uint64_t last_token_ = 0;
    size_t ended_max_ = ~size_t{0};
    Instant down_until_;
    Duration worst_lateness_{};
    std::vector<std::string> complaints_;
};

}  // namespace signalbox
