#include "sim/feed_oracle.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"
#include "core/event.h"
#include "core/tenants.h"
#include "core/ticket_topics.h"
#include "sim/world.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr size_t complaints_max = 20;
constexpr std::string_view followed_tenant = "default";

SeenEvent as_seen(const Event& event, uint64_t history) {
    SeenEvent seen;
    seen.cursor = Cursor{history, event.position}.text();
    seen.revision = event.position.revision.value;
    seen.index = event.position.index;
    seen.type = event.type;
    seen.subject = event.subject;
    seen.data = nlohmann::json::parse(event.data).dump();
    seen.time = event.time;
    return seen;
}

}  // namespace

FeedPosition position_of(const SeenEvent& event) {
    return {Revision(event.revision), event.index};
}

size_t FeedOracle::add_follower(std::string name) {
    followers_.push_back({std::move(name), 0, {}, {}});
    return followers_.size() - 1;
}

std::vector<SeenEvent> FeedOracle::observe(World& world) {
    latest_ = std::max(latest_, world.clock().now().wall);
    const size_t known = all_.size();
    const RowReader& store = world.store(0);
    const auto tenant = find_tenant(store, followed_tenant);
    ASSERT(tenant);
    const auto scan =
        store.scan(event_row_key(reached_.next()), prefix_end(KeyBuilder(Table::event).take()));
    for (; scan->valid(); scan->next()) {
        const auto events = decode_events(scan->key(), scan->value());
        ASSERT(events && !events->empty());
        reached_ = events->front().position.revision;
        for (const auto& event : *events) {
            ++committed_;
            if (event.tenant != *tenant || !event.is_about(all_tickets_topic())) continue;
            all_.push_back({as_seen(event, world.history()), committed_});
        }
    }
    for (auto& follower : followers_) {
        for (const auto& given : follower.news) {
            std::visit([&](const auto& what) { look_at(follower, what); }, given);
        }
        follower.news.clear();
    }
    std::vector<SeenEvent> fresh;
    for (size_t i = known; i < all_.size(); ++i) fresh.push_back(all_[i].event);
    return fresh;
}

void FeedOracle::complain(const Follower& follower, const std::string& what) {
    if (complaints_.size() < complaints_max) complaints_.push_back(follower.name + ": " + what);
}

void FeedOracle::look_at(Follower& follower, const SeenEvent& event) {
    if (position_of(event) <= follower.bookmark) {
        complain(follower, fmt::format("{} was overtaken by a bookmark", event.cursor));
    }
    if (follower.next < all_.size() && all_[follower.next].event == event) {
        ++follower.next;
        return;
    }
    complain(follower,
             fmt::format("got {} {} in the place of {}", event.cursor, event.type,
                         follower.next < all_.size() ? all_[follower.next].event.cursor : "none"));
    const auto behind = std::find_if(all_.begin(), all_.end(), [&](const Entry& entry) {
        return position_of(entry.event) > position_of(event);
    });
    follower.next = static_cast<size_t>(behind - all_.begin());
}

void FeedOracle::look_at(Follower& follower, const Bookmark& bookmark) {
    if (bookmark.position < follower.bookmark) complain(follower, "a bookmark went back");
    follower.bookmark = bookmark.position;
    // What it stands behind was given before.
    if (follower.next < all_.size() &&
        position_of(all_[follower.next].event) <= bookmark.position) {
        complain(follower, fmt::format("a bookmark overtook {}", all_[follower.next].event.cursor));
    }
}

void FeedOracle::look_at(Follower& follower, const Resync& resync) {
    ++resyncs_;
    size_t next = follower.next;
    while (next < all_.size() && position_of(all_[next].event) <= resync.oldest) ++next;
    // Promises are kept to the last event that is missing: those before it are older, and more
    // events came behind them.
    if (next > follower.next) {
        const Entry& last = all_[next - 1];
        const bool is_old = last.event.time + limits_.age_max < latest_;
        const bool is_many = committed_ - last.number >= limits_.events_max;
        if (!is_old && !is_many) {
            complain(follower, fmt::format("{} was trimmed too early", last.event.cursor));
        }
    }
    follower.next = next;
    follower.bookmark = {};
}

void FeedOracle::check_at_rest() {
    for (const auto& follower : followers_) {
        if (follower.next == all_.size()) continue;
        complain(follower, fmt::format("got {} events of {}", follower.next, all_.size()));
    }
}

}  // namespace signalbox
