#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "core/step.h"

namespace signalbox {

// The tenants of a partition: a number for each name, given out at first use. Core thread.
class Tenants {
public:
    explicit Tenants(const CoreLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows);

    // TenantId(0), which owns nothing, when the name was never used.
    [[nodiscard]] TenantId find(std::string_view name) const;
    // `overloaded` when there are tenants_max.
    Result<TenantId> find_or_add(const std::string& name, Step& step);

    [[nodiscard]] size_t count() const { return ids_.size(); }

private:
    const CoreLimits& limits_;
    std::map<std::string, TenantId, std::less<>> ids_;
    TenantId last_{0};
};

// For readers on other threads, with a snapshot: as find().
Result<TenantId> find_tenant(const RowReader& rows, std::string_view name);

}  // namespace signalbox
