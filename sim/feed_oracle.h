#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "core/cursor.h"
#include "sim/ticket_oracle.h"

namespace signalbox {

class World;

// What may never happen to those who follow the feed. It knows everything that was ever committed,
// because it reads the store's rows before they can be trimmed, and is told what each follower got.
//
// - a follower gets every event behind its cursor, once, in order, and nothing else;
// - a bookmark, from which it may go on, does not overtake an event;
// - it is told to start over only when what it has not seen is older, or more, than the feed has to
//   keep, and then from behind the last event that is missing.
class FeedOracle {
public:
    // What a follower is given, besides events.
    struct Bookmark {
        FeedPosition position;
    };
    struct Resync {
        FeedPosition oldest;
    };
    using Given = std::variant<SeenEvent, Bookmark, Resync>;

    explicit FeedOracle(const FeedLimits& limits) : limits_(limits) {}

    // A follower from the beginning of all; its number.
    size_t add_follower(std::string name);
    void gave(size_t follower, Given given) {
        followers_[follower].news.push_back(std::move(given));
    }

    // To be called often enough that nothing is trimmed unseen: reads what was committed, returns
    // it, and looks at what followers were given.
    std::vector<SeenEvent> observe(World& world);
    // When nothing is under way any more: everyone has everything.
    void check_at_rest();

    [[nodiscard]] uint64_t resyncs() const { return resyncs_; }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

private:
    struct Entry {
        SeenEvent event;
        uint64_t number = 0;  // among all events of the partition
    };
    struct Follower {
        std::string name;
        size_t next = 0;        // of all_, what it has to get next
        FeedPosition bookmark;  // the last one
        std::vector<Given> news;
    };

    void look_at(Follower& follower, const SeenEvent& event);
    void look_at(Follower& follower, const Bookmark& bookmark);
    void look_at(Follower& follower, const Resync& resync);
    void complain(const Follower& follower, const std::string& what);

    const FeedLimits limits_;
    std::vector<Entry> all_;  // of the tenant and topic that is followed
    uint64_t committed_ = 0;  // events, of whatever kind
    Revision reached_;
    Instant latest_;  // that the calendar ever showed
    std::vector<Follower> followers_;
    uint64_t resyncs_ = 0;
    std::vector<std::string> complaints_;
};

FeedPosition position_of(const SeenEvent& event);

}  // namespace signalbox
