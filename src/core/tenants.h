#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "core/step.h"

namespace signalbox {

// The tenants of a partition: a number for each name. It is given out, and has a row, with the
// first thing that is written for the name. Before that a name has a number only for as long as
// somebody follows its events, so that asking for what is not there leaves nothing behind. Core
// thread.
//
// Invariants (check()): no two names have the same number, and names_ says
// the same as ids_; a name without a row is followed.
class Tenants {
public:
    explicit Tenants(const CoreLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows);

    // TenantId(0), which owns nothing, when nothing was written for the name yet.
    [[nodiscard]] TenantId find(std::string_view name) const;
    // The name of one that has a row.
    [[nodiscard]] const std::string& name_of(TenantId id) const { return names_.at(id); }
    // The number of a name that find() does not know, if keep() or follow() comes next.
    [[nodiscard]] Result<TenantId> propose(std::string_view name) const;
    // `overloaded` when there are tenants_max with a row.
    [[nodiscard]] Result<void> check_room() const;
    // Something is written for the name in this step, so from now on it has this number for good.
    void keep(const std::string& name, TenantId id, Step& step);
    // One more, or one less, follows the events of that tenant. Nothing changes for one that has
    // a row.
    void follow(const std::string& name, TenantId id);
    void unfollow(TenantId id);

    // Those with a row.
    [[nodiscard]] size_t count() const { return ids_.size(); }
    void check() const;

private:
    struct Followed {
        std::string name;
        size_t followers = 0;
    };

    void take(TenantId id);

    const CoreLimits& limits_;
    std::map<std::string, TenantId, std::less<>> ids_;
    std::map<TenantId, std::string> names_;  // the other way round
    std::map<TenantId, Followed> followed_;  // without a row
    std::map<std::string, TenantId, std::less<>> followed_ids_;
    std::set<TenantId> free_;  // up to last_, given back
    TenantId last_{0};
};

// For readers on other threads, with a snapshot: as find().
Result<TenantId> find_tenant(const RowReader& rows, std::string_view name);

}  // namespace signalbox
