#include "dialect/auth/identity_cache.h"

namespace signalbox {

std::optional<IdentityPtr> IdentityCache::find(const std::string& proof, Instant now) {
    const auto found = entries_.find(proof);
    if (found == entries_.end()) return std::nullopt;
    if (found->second.until <= now) {
        erase(proof);
        return std::nullopt;
    }
    by_use_.splice(by_use_.begin(), by_use_, found->second.used);
    return found->second.identity;
}

void IdentityCache::put(const std::string& proof, IdentityPtr identity, Instant until) {
    erase(proof);
    if (entries_.size() >= entries_max_) {
        entries_.erase(by_use_.back());
        by_use_.pop_back();
    }
    by_use_.push_front(proof);
    entries_.emplace(proof, Entry{std::move(identity), until, by_use_.begin()});
}

void IdentityCache::erase(const std::string& proof) {
    const auto found = entries_.find(proof);
    if (found == entries_.end()) return;
    by_use_.erase(found->second.used);
    entries_.erase(found);
}

void IdentityCache::clear() {
    entries_.clear();
    by_use_.clear();
}

}  // namespace signalbox
