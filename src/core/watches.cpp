#include "core/watches.h"

#include "base/assert.h"

namespace signalbox {

bool Watches::touches(const Recent& change, const Key& watched) {
    if (change.key.tenant != watched.tenant) return false;
    const auto& changed = change.key.target;
    const auto& target = watched.target;
    if (target.kind == WatchKind::prefix && changed.kind == WatchKind::key) {
        return changed.name.starts_with(target.name);
    }
    if (change.is_tree && target.kind == WatchKind::prefix) {
        return changed.name.starts_with(target.name) || target.name.starts_with(changed.name);
    }
    if (change.is_tree && target.kind == WatchKind::key) {
        return target.name.starts_with(changed.name);
    }
    return changed == target;
}

Result<std::optional<ChangeSeen>> Watches::wait(TenantId tenant, const std::string& tenant_name,
                                                const WaitForChange& command, RequestId request,
                                                Step& step) {
    Key key{tenant, command.target};
    if (command.seen < forgotten_) return std::optional(ChangeSeen{true, forgotten_});
    for (auto change = recent_.rbegin();
         change != recent_.rend() && change->revision > command.seen; ++change) {
        if (touches(*change, key)) return std::optional(ChangeSeen{true, change->revision});
    }
    const auto found = watches_.find(key);
    std::unique_ptr<Watch> made;
    if (found == watches_.end()) {
        made = std::make_unique<Watch>(Watch{tenant, command.target, {}});
    }
    Watch& watch = made ? *made : *found->second;
    TRY_AS(Waiter* const waiter, step.waiters.park(request, &watch, watch.waiters));
    if (made) {
        if (key.target.kind == WatchKind::prefix) ++lengths_[key.target.name.size()];
        watches_.emplace(std::move(key), std::move(made));
    }
    step.timers.schedule(*waiter, step.now.steady + command.wait);
    tenants_.follow(tenant_name, tenant);
    return std::optional<ChangeSeen>();
}

void Watches::changed(TenantId tenant, WatchTarget target, Step& step) {
    Key key{tenant, std::move(target)};
    wake(key, step);
    if (key.target.kind == WatchKind::key) wake_shorter_prefixes(tenant, key.target.name, step);
    remember(std::move(key), false, step);
}

void Watches::prefix_changed(TenantId tenant, const std::string& prefix, Step& step) {
    // The longer ones, and itself, are in a row; so are its keys.
    for (const auto kind : {WatchKind::key, WatchKind::prefix}) {
        auto at = watches_.lower_bound(Key{tenant, {kind, prefix}});
        while (at != watches_.end() && at->first.tenant == tenant &&
               at->first.target.kind == kind && at->first.target.name.starts_with(prefix)) {
            at = wake(at, step);
        }
    }
    wake_shorter_prefixes(tenant, prefix, step);
    remember(Key{tenant, {WatchKind::prefix, prefix}}, true, step);
}

void Watches::wake_shorter_prefixes(TenantId tenant, std::string_view name, Step& step) {
    std::vector<size_t> lengths;
    for (const auto& [length, count] : lengths_) {
        if (length > name.size()) break;
        lengths.push_back(length);
    }
    for (const size_t length : lengths) {
        wake(Key{tenant, {WatchKind::prefix, std::string(name.substr(0, length))}}, step);
    }
}

void Watches::wake(const Key& key, Step& step) {
    const auto found = watches_.find(key);
    if (found != watches_.end()) wake(found, step);
}

Watches::Map::iterator Watches::wake(Map::iterator at, Step& step) {
    Watch& watch = *at->second;
    while (!watch.waiters.empty()) {
        const RequestId request = step.waiters.take_front(watch.waiters);
        step.complete<ChangeSeen>(request, ChangeSeen{true, step.revision()});
        tenants_.unfollow(watch.tenant);
    }
    const auto next = std::next(at);
    erase(at);
    return next;
}

void Watches::remember(Key key, bool is_tree, const Step& step) {
    recent_.push_back({step.revision(), std::move(key), is_tree});
    if (recent_.size() <= recent_max_) return;
    forgotten_ = recent_.front().revision;
    recent_.pop_front();
}

void Watches::on_timeout(const Waiter& waiter, Step& step) {
    Watch& watch = *std::get<Watch*>(waiter.watched);
    const RequestId request = waiter.request;
    step.waiters.forget(request);
    step.complete<ChangeSeen>(request, ChangeSeen{false, {}});
    let_go(watch);
}

void Watches::let_go(Watch& watch) {
    tenants_.unfollow(watch.tenant);
    if (!watch.waiters.empty()) return;
    const auto found = watches_.find(Key{watch.tenant, watch.target});
    ASSERT(found != watches_.end());
    erase(found);
}

void Watches::erase(Map::iterator at) {
    const auto& target = at->first.target;
    if (target.kind == WatchKind::prefix) {
        const auto length = lengths_.find(target.name.size());
        if (--length->second == 0) lengths_.erase(length);
    }
    watches_.erase(at);
}

void Watches::check() const {
    std::map<size_t, size_t> lengths;
    for (const auto& [key, watch] : watches_) {
        ASSERT(watch->tenant == key.tenant && watch->target == key.target);
        ASSERT(!watch->waiters.empty());
        if (key.target.kind == WatchKind::prefix) ++lengths[key.target.name.size()];
    }
    ASSERT(lengths == lengths_);
    ASSERT(recent_.size() <= recent_max_);
}

}  // namespace signalbox
