#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/collection_commands.h"
#include "dialect/native/native_call.h"

namespace signalbox::native {

// A request about a collection, however its path led there.
struct CollectionCall {
    std::string tenant;
    std::string type;
    std::string base;       // the path of the collection, for links
    std::string id;         // empty: the collection itself
    bool is_bare = false;   // items are shown as they are, without what is known about them
    bool only_own = false;  // of the asker
};

Result<Precondition> read_precondition(const HttpRequest& request);
Requester requester_of(const Call& call, const CollectionCall& at);
// Of the field Operation-Id.
Result<std::optional<Uuid>> read_operation_id(const HttpRequest& request);

// What a client would rather have (RFC 7240).
struct Preference {
    bool is_asynchronous = false;  // respond-async
    std::optional<Duration> wait;  // wait=N, in seconds
    [[nodiscard]] std::string applied() const;
};
Preference read_preference(const HttpRequest& request);

std::string entity_tag(Revision revision);

// An item with what is known about it.
void write_item(JsonWriter& json, const CollectionItem& item);

// By method; the call is one for the collection or for one item.
Result<void> list_items(const Call& call, const CollectionCall& at);
Result<void> show_item(const Call& call, const CollectionCall& at);
Result<void> create_item(const Call& call, const CollectionCall& at);
Result<void> change_item(const Call& call, const CollectionCall& at, bool is_patch);
Result<void> remove_item(const Call& call, const CollectionCall& at);

// How a list is read on, see collection_watch.cpp.
struct WatchRequest {
    std::optional<Uuid> owner;
    std::optional<std::string> cursor;
    bool is_stream = false;
    Duration wait{};
    size_t limit = 0;
};
Result<void> watch_items(const Call& call, const CollectionCall& at, WatchRequest request);

}  // namespace signalbox::native
