#include "sim/item_oracle.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "core/collection_events.h"
#include "core/event.h"
#include "sim/world.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr size_t complaints_max = 20;
constexpr Duration lateness_max = std::chrono::seconds(2);

std::string text_of(FeedPosition position) {
    return fmt::format("{}-{}", position.revision.value, position.index);
}

}  // namespace

void ItemOracle::complain(std::string text) {
    if (complaints_.size() < complaints_max) complaints_.push_back(std::move(text));
}

void ItemOracle::observe(World& world) {
    const RowReader& store = world.store(0);
    const auto scan =
        store.scan(event_row_key(reached_.next()), prefix_end(KeyBuilder(Table::event).take()));
    for (; scan->valid(); scan->next()) {
        const auto events = decode_events(scan->key(), scan->value());
        ASSERT(events && !events->empty());
        reached_ = events->front().position.revision;
        for (const auto& event : *events) {
            const bool is_item = event.is_about(collection_topic(type_));
            if (!is_item && !event.is_about(operations_of_topic(type_))) continue;
            digest_ = checksum(event.type + event.data, digest_);
            const auto data = nlohmann::json::parse(event.data);
            if (is_item) {
                see_item({event.position, event.subject, data.at("revision").get<uint64_t>(),
                          event.type == "item.deleted"},
                         data.at("owners").dump());
            } else if (event.type == "operation.forgotten") {
                see_forgotten(event.subject);
            } else {
                const auto state = parse_operation_state(data.at("state").get<std::string>());
                const auto deadline = parse_instant(data.at("deadline").get<std::string>());
                ASSERT(state && deadline);
                see_operation(event.subject,
                              {data.at("sequence").get<uint64_t>(), *state, *deadline, {}});
            }
        }
    }
    look_for_overdue(world);
}

// However often the calendar is set, and however many have come due at once.
void ItemOracle::look_for_overdue(World& world) {
    const auto now = world.clock().now();
    const bool serves = world.is_up() && !world.partition(0).trouble();
    for (const auto& id : live_) {
        Known& known = operations_.at(id);
        if (!serves || known.deadline > now.wall) {
            known.overdue_since.reset();
        } else if (!known.overdue_since) {
            known.overdue_since = now.steady;
        } else if (now.steady - *known.overdue_since > lateness_max) {
            complain(fmt::format("operation {} goes on behind its deadline, {}", id,
                                 format_instant(known.deadline)));
            known.overdue_since = now.steady;
        }
    }
}

void ItemOracle::see_item(const Told& told, const std::string& owners) {
    Change change;
    static_cast<Told&>(change) = told;
    change.was_owned = owned_.contains(told.id);
    change.is_owned = !told.is_removal && owners.find(owner_.text()) != std::string::npos;
    if (change.is_owned) {
        owned_.insert(told.id);
    } else {
        owned_.erase(told.id);
    }
    changes_.push_back(std::move(change));
}

void ItemOracle::see_operation(const std::string& id, const Known& now) {
    Known& known = operations_[id];
    if (now.sequence != known.sequence + 1) {
        complain(fmt::format("operation {} goes from {} to {}", id, known.sequence, now.sequence));
    }
    if (now.state < known.state || has_ended(known.state)) {
        complain(fmt::format("operation {} goes from {} to {}", id,
                             operation_state_name(known.state), operation_state_name(now.state)));
    }
    if (known.sequence > 0 && now.deadline != known.deadline) {
        complain("operation " + id + " has another deadline now");
    }
    known = now;
    if (has_ended(now.state)) {
        live_.erase(id);
    } else {
        live_.insert(id);
    }
}

void ItemOracle::see_forgotten(const std::string& id) {
    const auto known = operations_.find(id);
    if (known == operations_.end() || !has_ended(known->second.state)) {
        return complain("operation " + id + " is forgotten and has not ended, or was before");
    }
    operations_.erase(known);
}

std::string ItemOracle::some_operation(uint64_t random) const {
    if (live_.empty()) return {};
    return *std::next(live_.begin(), static_cast<std::ptrdiff_t>(random % live_.size()));
}

std::map<std::string, uint64_t> ItemOracle::items_at(FeedPosition position, bool only_owned) const {
    std::map<std::string, uint64_t> items;
    for (const auto& change : changes_) {
        if (change.position > position) break;
        if (change.is_removal || (only_owned && !change.is_owned)) {
            items.erase(change.id);
        } else {
            items[change.id] = change.revision;
        }
    }
    return items;
}

const ItemOracle::Change* ItemOracle::next_change(FeedPosition position, bool only_owned) const {
    auto at = std::upper_bound(
        changes_.begin(), changes_.end(), position,
        [](FeedPosition wanted, const Change& change) { return wanted < change.position; });
    at = std::find_if(at, changes_.end(), [&](const Change& change) {
        return !only_owned || change.was_owned || change.is_owned;
    });
    return at == changes_.end() ? nullptr : &*at;
}

void ItemOracle::Follower::is_complete(FeedPosition position) {
    reached_ = position;
    if (items_ != oracle_.items_at(position, only_owned_)) {
        oracle_.complain(name_ + " was told a state that never was, at " + text_of(position));
    }
}

void ItemOracle::Follower::is_told(const Told& told) {
    const Change* const next = oracle_.next_change(reached_, only_owned_);
    reached_ = told.position;
    if (told.is_removal) {
        items_.erase(told.id);
    } else {
        items_[told.id] = told.revision;
    }
    if (next == nullptr) {
        return oracle_.complain(name_ + " was told what never was, at " + text_of(told.position));
    }
    const bool is_removal = next->is_removal || (only_owned_ && !next->is_owned);
    const bool is_right = next->position == told.position && next->id == told.id &&
                          next->revision == told.revision && is_removal == told.is_removal;
    if (!is_right) {
        oracle_.complain(fmt::format("{} was told {} of {} and not {} of {}", name_,
                                     text_of(told.position), told.id, text_of(next->position),
                                     next->id));
    }
}

void ItemOracle::Follower::passes(FeedPosition position) {
    const Change* const next = oracle_.next_change(reached_, only_owned_);
    if (next != nullptr && next->position <= position) {
        oracle_.complain(fmt::format("{} passes {} on its way to {}", name_,
                                     text_of(next->position), text_of(position)));
    }
    reached_ = std::max(reached_, position);
}

void ItemOracle::Follower::check_at_rest() {
    const FeedPosition all = end_of(Revision(UINT64_MAX));
    if (items_ != oracle_.items_at(all, only_owned_)) {
        oracle_.complain(name_ + " has not what there is");
    }
}

}  // namespace signalbox
