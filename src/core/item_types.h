#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "codec/json_schema.h"
#include "core/collection_commands.h"
#include "core/step.h"

namespace signalbox {

// The types that tenants have declared: what items of their collections must be like, who is told
// of them and who makes them true. Each with its schema made ready, and with how many items it
// has. Core thread.
//
// Invariants (check()): no two types of a tenant have the same path; limits are kept.
class ItemTypes {
public:
    explicit ItemTypes(const CollectionLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows);

    Result<TypeDeclared> declare(TenantId tenant, DeclareType command, Step& step);
    Result<TypeRemoved> remove(TenantId tenant, const RemoveType& command, Step& step);

    struct Known {
        ItemType type;
        JsonSchema schema;
        uint64_t items = 0;
    };
    // Null when it is not declared.
    [[nodiscard]] const Known* find(TenantId tenant, std::string_view name) const;
    [[nodiscard]] Result<const Known*> require(TenantId tenant, std::string_view name) const;
    // One item more, or one less.
    void count_item(TenantId tenant, std::string_view name, bool is_more, Step& step);

    [[nodiscard]] size_t count() const { return types_.size(); }
    void check() const;

private:
    using Key = std::pair<TenantId, std::string>;

    [[nodiscard]] Result<void> check_type(TenantId tenant, const ItemType& type) const;

    const CollectionLimits& limits_;
    std::map<Key, Known> types_;
};

}  // namespace signalbox
