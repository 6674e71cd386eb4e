#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/operation_commands.h"

// What can be asked of collections and their types, and what is answered. Reading needs no
// command: whoever reads has a snapshot (core/collection_rows.h, core/operation_rows.h).

namespace signalbox {

// Whom an event is for, beside those who follow the collection itself.
enum class EventReach : uint8_t { requester, owners, tenant };  // on disk: never change

// What an event is called where events have names. Names are data: none is made from another.
struct EventRule {
    std::string name;
    EventReach reach = EventReach::owners;
    // What a pattern of the receiver must give, with {user} for the receiver; empty: nothing.
    std::string access;

    bool operator==(const EventRule&) const = default;
};

// Somebody who must make a change true before it counts as done.
struct Applier {
    std::string name;
    std::string url;  // that is called for each change; empty: it comes by itself

    bool operator==(const Applier&) const = default;
};

// What items of one kind have in common, as a tenant has declared it.
struct ItemType {
    std::string name;
    std::string schema = "true";  // JSON Schema, as text
    std::string path;             // under which it is served as well; empty: none
    std::string id_field = "id";  // in which items show their id
    std::string owner_field;      // in which they name their owners; empty: they have none
    bool owner_list = false;      // the field has a list, even of one
    std::optional<EventRule> created;
    std::optional<EventRule> updated;
    std::optional<EventRule> deleted;
    std::optional<EventRule> progress;  // of operations
    std::vector<Applier> appliers;
    Duration deadline = std::chrono::minutes(5);  // of operations
    Duration retention = std::chrono::days(30);   // of operations that have ended
    Revision revision;                            // of its last declaration

    bool operator==(const ItemType&) const = default;
};

struct TypeDeclared {
    ItemType type;
    bool is_new = false;
};

// `conflict` when another type has that path.
struct DeclareType {
    using Answer = TypeDeclared;

    ItemType type;
};

struct TypeRemoved {};

// `conflict` while it has items.
struct RemoveType {
    using Answer = TypeRemoved;

    std::string name;
};

// One item of a collection.
struct CollectionItem {
    std::string id;
    std::string document;  // JSON object, with its id and its owners
    std::vector<Uuid> owners;
    Revision revision;  // of its last change
    Instant created_at;
    Instant updated_at;

    bool operator==(const CollectionItem&) const = default;
};

// What must be true of an item before it is changed.
struct Precondition {
    bool must_exist = false;          // If-Match: *
    bool must_not_exist = false;      // If-None-Match: *
    std::vector<Revision> revisions;  // If-Match: one of them; empty: any
};

// Who changes something, as the requester of what follows from it.
struct Requester {
    std::optional<Uuid> user;
    std::string name;
    // Nothing is there for them but what they own.
    bool only_own = false;
};

struct ItemWritten {
    CollectionItem item;
    std::optional<OperationRecord> operation;
    bool is_new = false;
    bool replayed = false;  // it was written under this key before
};

// Makes or replaces an item. `not_found` when there is no such type.
struct WriteItem {
    using Answer = ItemWritten;

    std::string type;
    std::optional<std::string> id;  // nothing: a new one with an id of its own
    std::string document;           // as the client sent it
    bool is_patch = false;          // the document is a merge patch (RFC 7396)
    Precondition precondition;
    Requester requester;
    std::optional<Uuid> operation_id;  // that the client has chosen
    std::string idempotency_key;
    uint64_t request_digest = 0;
};

struct ItemRemoved {
    std::string id;
    Revision revision;  // of its removal
    std::optional<OperationRecord> operation;
};

struct RemoveItem {
    using Answer = ItemRemoved;

    std::string type;
    std::string id;
    Precondition precondition;
    Requester requester;
    std::optional<Uuid> operation_id;
};

}  // namespace signalbox
