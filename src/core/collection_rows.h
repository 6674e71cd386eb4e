#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/collection_commands.h"
#include "storage/store.h"

// The rows of collections and their types, how they are read: in the core, or on any thread with a
// snapshot; and whose they are.

namespace signalbox {

// Whether everybody finds at the type's path what they own, and nothing else.
bool is_everybodys_own(const ItemType& type);
bool is_owned_by(const CollectionItem& item, const std::optional<Uuid>& user);

std::string item_type_key(TenantId tenant, std::string_view name);
std::string item_type_path_key(TenantId tenant, std::string_view path);
std::string item_key(TenantId tenant, std::string_view type, std::string_view id);
std::string item_count_key(TenantId tenant, std::string_view type);

std::string encode_item_type(const ItemType& type);
std::string encode_item(const CollectionItem& item);
// Nothing when the row is damaged.
std::optional<ItemType> decode_item_type(std::string_view key, std::string_view value);
std::optional<CollectionItem> decode_item(std::string_view key, std::string_view value);

Result<std::optional<ItemType>> find_item_type(const RowReader& rows, TenantId tenant,
                                               std::string_view name);
// By the path that is its own, without a slash at the end.
Result<std::optional<ItemType>> find_item_type_by_path(const RowReader& rows, TenantId tenant,
                                                       std::string_view path);
// By name, behind `after`.
Result<std::vector<ItemType>> list_item_types(const RowReader& rows, TenantId tenant,
                                              std::string_view after, size_t limit);

Result<std::optional<CollectionItem>> find_item(const RowReader& rows, TenantId tenant,
                                                std::string_view type, std::string_view id);

// Items in the order of their ids, some at a time, so that no call takes long.
class ItemListing {
public:
    struct Request {
        TenantId tenant;
        std::string type;
        std::optional<Uuid> owner;  // only what this one owns
        std::string after;          // an id; exclusive
    };
    ItemListing(std::shared_ptr<const StoreSnapshot> snapshot, Request request)
        : snapshot_(std::move(snapshot)), request_(std::move(request)) {}

    struct Page {
        std::vector<CollectionItem> items;
        bool at_end = false;
    };
    // Looks at `rows_max` rows, or at fewer, once it has `items_max`, or `bytes_max` of their
    // documents, but always at one.
    Result<Page> next(size_t rows_max, size_t items_max, size_t bytes_max);
    [[nodiscard]] Revision revision() const { return snapshot_->revision(); }

private:
    std::shared_ptr<const StoreSnapshot> snapshot_;
    Request request_;
};

}  // namespace signalbox
