#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "core/cursor.h"
#include "core/operation_commands.h"

namespace signalbox {

class World;

// What may never happen to those who follow a collection, and to operations. It reads the rows of
// the feed before they can be trimmed, so it knows everything that was ever committed.
//
// - the state that a follower is told is that of the revision at which it is complete;
// - behind it, it is told every change, once, in order, and nothing else, however often it comes
//   back; whoever follows the items of one owner is told of those that leave him, too;
// - an operation goes only forward, each change of it has the next number, it ends once, and is
//   forgotten once and only then;
// - no operation is left when its deadline has passed and the server has had time to notice.
class ItemOracle {
public:
    ItemOracle(std::string type, Uuid owner) : type_(std::move(type)), owner_(owner) {}

    void observe(World& world);

    // A change as a follower is told it.
    struct Told {
        FeedPosition position;
        std::string id;
        uint64_t revision = 0;
        bool is_removal = false;
    };
    // One follower: of everything, or of what the owner has.
    class Follower {
    public:
        Follower(ItemOracle& oracle, std::string name, bool only_owned)
            : oracle_(oracle), name_(std::move(name)), only_owned_(only_owned) {}

        void state_begins() { items_.clear(); }
        void has_item(const std::string& id, uint64_t revision) { items_[id] = revision; }
        void is_complete(FeedPosition position);
        void is_told(const Told& told);
        // It may go on from there.
        void passes(FeedPosition position);
        // When nothing is under way any more: it has what there is.
        void check_at_rest();

    private:
        ItemOracle& oracle_;
        const std::string name_;
        const bool only_owned_;
        std::map<std::string, uint64_t> items_;  // revisions by id
        FeedPosition reached_;
    };

    // Some operation that has not ended; empty when there is none.
    [[nodiscard]] std::string some_operation(uint64_t random) const;
    [[nodiscard]] bool all_have_ended() const { return live_.empty(); }
    [[nodiscard]] size_t changes() const { return changes_.size(); }
    [[nodiscard]] uint64_t digest() const { return digest_; }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

private:
    struct Change : Told {
        bool was_owned = false;
        bool is_owned = false;
    };
    struct Known {
        uint64_t sequence = 0;
        OperationState state = OperationState::pending;
        Instant deadline;
        std::optional<SteadyInstant> overdue_since;  // while the server could have noticed
    };

    void look_for_overdue(World& world);
    void see_item(const Told& told, const std::string& owners);
    void see_operation(const std::string& id, const Known& now);
    void see_forgotten(const std::string& id);
    [[nodiscard]] std::map<std::string, uint64_t> items_at(FeedPosition position,
                                                           bool only_owned) const;
    // The first one behind that position that a follower is told; null when there is none.
    [[nodiscard]] const Change* next_change(FeedPosition position, bool only_owned) const;
    void complain(std::string text);

    const std::string type_;
    const Uuid owner_;
    std::vector<Change> changes_;
    std::set<std::string> owned_;  // by the owner, now
    std::map<std::string, Known> operations_;
    std::set<std::string> live_;
    Revision reached_;
    uint64_t digest_ = 0;
    std::vector<std::string> complaints_;
};

}  // namespace signalbox
