#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "core/pool_commands.h"
#include "core/step.h"

namespace signalbox {

// The catalog of pools and flavors: which pools there are, and which of them a flavor picks. What
// picks a pool is told by the pool, so a pool has at most one flavor. It is a list that operators
// keep: where a queue is, is decided by its tenant, and not here. Core thread.
//
// Invariants (check()): no two pools have the same uri; limits are kept.
class Pools {
public:
    explicit Pools(const PoolLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows);

    Result<PoolView> put(PutPool command, Step& step);
    [[nodiscard]] Result<PoolView> get(const GetPool& command) const;
    Result<PoolView> update(UpdatePool command, Step& step);
    Result<PoolDeleted> remove(const DeletePool& command, Step& step);
    [[nodiscard]] PoolList list(const ListPools& command) const;

    Result<FlavorView> put(PutFlavor command, Step& step);
    [[nodiscard]] Result<FlavorView> get(const GetFlavor& command) const;
    Result<FlavorDeleted> remove(const DeleteFlavor& command, Step& step);
    [[nodiscard]] FlavorList list(const ListFlavors& command) const;

    void check() const;

private:
    [[nodiscard]] Result<void> check_pool(const PoolView& pool) const;
    [[nodiscard]] FlavorView view_of(const FlavorName& flavor) const;
    void keep(PoolView pool, Step& step);

    const PoolLimits& limits_;
    std::map<std::string, PoolView, std::less<>> pools_;
    std::set<FlavorName> flavors_;
};

// Their rows (docs/formats.md).
std::string encode_pool(const PoolView& pool);
std::optional<PoolView> decode_pool(std::string_view key, std::string_view value);
std::optional<FlavorName> decode_flavor(std::string_view key, std::string_view value);

}  // namespace signalbox
