#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "core/step.h"
#include "core/tenants.h"
#include "core/watch_commands.h"

namespace signalbox {

// What somebody waits for the next change of.
struct Watch {
    TenantId tenant;
    WatchTarget target;
    WaiterList waiters;
};

// Readers that wait for a change of what they have read from a snapshot. A commit answers exactly
// those whose target it touches. Between a reader's snapshot and its wait there may have been
// commits, so the last changes are remembered; who comes with a snapshot that is older than those
// is told to read again.
//
// Core thread. Invariants (check()): every watch has a waiter; lengths_ counts the watches of
// prefixes by the length of the prefix.
class Watches {
public:
    Watches(size_t recent_max, Tenants& tenants) : recent_max_(recent_max), tenants_(tenants) {}

    // Parks `request`; the answer, when there is no need to.
    Result<std::optional<ChangeSeen>> wait(TenantId tenant, const std::string& tenant_name,
                                           const WaitForChange& command, RequestId request,
                                           Step& step);
    // In a step that makes it so. A key that changes is told for its prefixes as well.
    void changed(TenantId tenant, WatchTarget target, Step& step);
    // All keys below a prefix, which may be longer than those that are watched.
    void prefix_changed(TenantId tenant, const std::string& prefix, Step& step);

    void on_timeout(const Waiter& waiter, Step& step);
    // The waiter has gone from the list of its own accord.
    void let_go(Watch& watch);

    [[nodiscard]] size_t count() const { return watches_.size(); }
    void check() const;

private:
    struct Key {
        TenantId tenant;
        WatchTarget target;
        auto operator<=>(const Key&) const = default;
    };
    struct Recent {
        Revision revision;
        Key key;
        bool is_tree = false;
    };
    using Map = std::map<Key, std::unique_ptr<Watch>>;

    [[nodiscard]] static bool touches(const Recent& change, const Key& watched);
    void remember(Key key, bool is_tree, const Step& step);
    void wake(const Key& key, Step& step);
    void wake_shorter_prefixes(TenantId tenant, std::string_view name, Step& step);
    Map::iterator wake(Map::iterator at, Step& step);
    void erase(Map::iterator at);

    const size_t recent_max_;
    Tenants& tenants_;
    Map watches_;
    std::map<size_t, size_t> lengths_;
    std::deque<Recent> recent_;
    Revision forgotten_;  // the last change that recent_ does not hold any more
};

}  // namespace signalbox
