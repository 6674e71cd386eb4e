#pragma once

#include <string_view>

#include "core/collection_commands.h"
#include "core/event.h"

// What events of collections and operations are about, and what they say.

namespace signalbox {

// All changes of one type; of one item; of those that a user owns, or owned before the change.
Topic collection_topic(std::string_view type);
Topic item_topic(std::string_view type, std::string_view id);
Topic owned_topic(std::string_view type, const Uuid& owner);
// All operations; one; those that a user has asked for; those of a type.
Topic operations_topic();
Topic operation_topic(const Uuid& id);
Topic requested_topic(const Uuid& user);
Topic operations_of_topic(std::string_view type);

// Events that have an audience, of that name or of any: all of them; those for everybody in the
// tenant; those for one user.
Topic heard_topic(std::string_view name = {});
Topic heard_by_tenant_topic(std::string_view name = {});
Topic heard_by_user_topic(const Uuid& user, std::string_view name = {});

struct ItemChange {
    const ItemType& type;
    const CollectionItem* before = nullptr;  // null: it was not there
    const CollectionItem* after = nullptr;   // null: it is not there any more
    std::optional<Uuid> requester;
    std::optional<Uuid> operation;
    Revision revision;
};

// What the item is now is for those who own it now.
Event item_event(TenantId tenant, const ItemChange& change);
// For those who owned it until now: to them it is deleted, and they are told nothing of it but its
// id. Nothing where there are none, or where nobody hears of deletions.
std::optional<Event> item_left_event(TenantId tenant, const ItemChange& change);

// `type` is null when it is not declared any more.
Event operation_event(TenantId tenant, const OperationRecord& record, const ItemType* type);

// It has ended, and from `revision` on nothing is known of it.
Event operation_forgotten_event(TenantId tenant, const OperationRecord& record, Revision revision);

// An operation as a JSON object.
void write_operation(std::string& out, const OperationRecord& record);

}  // namespace signalbox
