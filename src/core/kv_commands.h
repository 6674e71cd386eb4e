#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"

// What can be asked of keys and their values, and what is answered. They are read from rows
// (core/kv_rows.h), by whoever wants to know, without the core.

namespace signalbox {

// Indexes are revisions: the number of the commit that made the last change.
struct KvEntry {
    std::string key;
    std::string value;
    uint64_t flags = 0;  // the client's own
    uint64_t create_index = 0;
    uint64_t modify_index = 0;
    uint64_t lock_index = 0;      // how often it was taken
    std::optional<Uuid> session;  // that holds it
};

// At most one of the three is set. What is the same already changes nothing.
struct KeyWritten {
    bool done = false;
};

struct PutKey {
    using Answer = KeyWritten;

    std::string key;
    std::string value;
    uint64_t flags = 0;
    std::optional<uint64_t> cas;  // only if that is its modify_index; 0: only if there is none
    // Taken for that session; not done when another one holds it. `not_found` with field "session"
    // when there is no such session.
    std::optional<Uuid> acquire;
    std::optional<Uuid> release;  // let go; not done unless that session holds it
};

// Of what is not there: done.
struct DeleteKey {
    using Answer = KeyWritten;

    std::string key;
    bool is_prefix = false;  // all keys that begin with that
    std::optional<uint64_t> cas;
};

enum class KvVerb : uint8_t {
    set,
    cas,
    lock,
    unlock,
    get,
    get_tree,
    check_index,
    check_session,
    check_not_exists,
    erase,
    erase_tree,
    erase_cas,
};

struct KvOperation {
    KvVerb verb = KvVerb::get;
    std::string key;
    std::string value;
    uint64_t flags = 0;
    uint64_t index = 0;
    std::optional<Uuid> session;
};

struct KvTransactionOutcome {
    struct Failure {
        size_t operation = 0;
        std::string what;
    };
    // Of those that give something back, in their order; nothing when one has failed.
    struct Entry {
        KvEntry entry;
        bool with_value = false;
    };
    std::vector<Entry> entries;
    size_t bytes = 0;  // of them all, about
    std::vector<Failure> failures;
};

// All of them or none.
struct RunKvTransaction {
    using Answer = KvTransactionOutcome;

    std::vector<KvOperation> operations;
};

}  // namespace signalbox
