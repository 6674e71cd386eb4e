#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "core/identity.h"

namespace signalbox {

// Whom credentials stood for when somebody last looked, by the SHA-256 of each: those that were
// used last, up to a number. What is not good may be remembered too, as a null. One thread.
class IdentityCache {
public:
    explicit IdentityCache(size_t entries_max) : entries_max_(entries_max) {}

    // Nothing when it is not known, or was known until then.
    std::optional<IdentityPtr> find(const std::string& proof, Instant now);
    void put(const std::string& proof, IdentityPtr identity, Instant until);
    void erase(const std::string& proof);
    void clear();
    [[nodiscard]] size_t size() const { return entries_.size(); }

private:
    struct Entry {
        IdentityPtr identity;
        Instant until;
        std::list<std::string>::iterator used;
    };

    const size_t entries_max_;
    std::unordered_map<std::string, Entry> entries_;
    std::list<std::string> by_use_;  // the last one first
};

}  // namespace signalbox
