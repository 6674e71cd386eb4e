#include "core/feed.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint64_t events_per_mark = 1024;
constexpr Duration trim_interval = std::chrono::minutes(1);
constexpr std::string_view damaged_feed = "a row of the feed is damaged";

std::string mark_key(Revision revision) {
    return KeyBuilder(Table::event_mark).u64(revision.value).take();
}

const std::string& table_end(Table table) {
    static const std::string events = prefix_end(KeyBuilder(Table::event).take());
    static const std::string marks = prefix_end(KeyBuilder(Table::event_mark).take());
    return table == Table::event ? events : marks;
}

}  // namespace

Result<void> Feed::load(const RowReader& rows) {
    {
        const auto scan = rows.scan(mark_key(Revision()), table_end(Table::event_mark));
        for (; scan->valid(); scan->next()) {
            ByteReader key(scan->key());
            key.u8();
            ByteReader value(scan->value());
            Mark mark;
            mark.revision = Revision(key.u64_be());
            mark.count_before = value.varint();
            mark.at = Instant(Duration(value.signed_varint()));
            if (!key.ok() || !value.ok()) {
                return fail(ErrorCode::internal, std::string(damaged_feed));
            }
            marks_.push_back(mark);
        }
        TRY(scan->status());
    }
    if (marks_.empty()) return {};
    // Fewer than one mark's worth of events came after the last mark.
    total_events_ = marks_.back().count_before;
    const auto scan = rows.scan(event_row_key(marks_.back().revision), table_end(Table::event));
    for (; scan->valid(); scan->next()) {
        const auto events = decode_events(scan->key(), scan->value());
        if (!events) return fail(ErrorCode::internal, std::string(damaged_feed));
        total_events_ += events->size();
    }
    return scan->status();
}

void Feed::start(Timers& timers, Now now) {
    timers.schedule(trim_timer_, now.steady + trim_interval);
}

void Feed::publish(Step& step) {
    if (step.events.empty()) return;
    if (marks_.empty() || total_events_ - marks_.back().count_before >= events_per_mark) {
        add_mark(step);
    }
    step.ready.writes.put(event_row_key(step.revision()), encode_events(step.events));
    total_events_ += step.events.size();
    if (subscribers_.empty()) return;
    for (auto& event : step.events) {
        deliver(std::make_shared<const Event>(std::move(event)), step.ready);
    }
}

void Feed::add_mark(Step& step) {
    // Nothing was ever trimmed before the first mark, so everything is kept from the beginning.
    const Revision revision = marks_.empty() ? Revision(1) : step.revision();
    marks_.push_back({revision, total_events_, step.now.wall});
    std::string value;
    put_varint(value, total_events_);
    put_signed_varint(value, step.now.wall.time_since_epoch().count());
    step.ready.writes.put(mark_key(revision), value);
    while (marks_.size() > 1 && total_events_ - marks_[1].count_before >= limits_.events_max) {
        drop_first_mark(step);
    }
}

void Feed::deliver(const std::shared_ptr<const Event>& event, Ready& ready) const {
    for (const auto topic : event->topics) {
        const auto found = index_.find({event->tenant, topic});
        if (found == index_.end()) continue;
        for (const auto subscriber : found->second) {
            ready.deliveries.push_back({subscriber, event});
        }
    }
}

Result<FeedJoined> Feed::subscribe(RequestId request, TenantId tenant, Topic topic,
                                   Revision committed) {
    if (subscribers_.size() >= limits_.subscribers_max) {
        return fail(ErrorCode::overloaded, "too many streams are open");
    }
    const bool added = subscribers_.emplace(request, Interest{tenant, topic}).second;
    ASSERT(added);
    index_[{tenant, topic}].push_back(request);
    return FeedJoined{committed, floor()};
}

bool Feed::unsubscribe(RequestId request) {
    const auto found = subscribers_.find(request);
    if (found == subscribers_.end()) return false;
    const auto entry = index_.find(found->second);
    ASSERT(entry != index_.end());
    std::erase(entry->second, request);
    if (entry->second.empty()) index_.erase(entry);
    subscribers_.erase(found);
    return true;
}

std::vector<RequestId> Feed::unsubscribe_all() {
    std::vector<RequestId> all;
    for (const auto& [request, interest] : subscribers_) all.push_back(request);
    subscribers_.clear();
    index_.clear();
    return all;
}

void Feed::trim(Step& step) {
    step.timers.schedule(trim_timer_, step.now.steady + trim_interval);
    while (marks_.size() > 1 && marks_[1].at + limits_.age_max < step.now.wall) {
        drop_first_mark(step);
    }
}

void Feed::drop_first_mark(Step& step) {
    ASSERT(marks_.size() > 1);
    step.ready.writes.erase_range(event_row_key(marks_[0].revision),
                                  event_row_key(marks_[1].revision));
    step.ready.writes.erase_range(mark_key(marks_[0].revision), mark_key(marks_[1].revision));
    marks_.pop_front();
}

Revision Feed::floor() const {
    return marks_.empty() ? Revision(1) : marks_.front().revision;
}

uint64_t Feed::kept_events() const {
    return marks_.empty() ? 0 : total_events_ - marks_.front().count_before;
}

void Feed::check() const {
    for (size_t i = 1; i < marks_.size(); ++i) {
        ASSERT(marks_[i - 1].revision < marks_[i].revision);
        ASSERT(marks_[i - 1].count_before < marks_[i].count_before);
    }
    size_t indexed = 0;
    for (const auto& [interest, requests] : index_) {
        ASSERT(!requests.empty());
        for (const auto request : requests) ASSERT(subscribers_.at(request) == interest);
        indexed += requests.size();
    }
    ASSERT(indexed == subscribers_.size());
}

FeedReader::FeedReader(std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant, Topic topic,
                       FeedPosition after)
    : snapshot_(std::move(snapshot)), tenant_(tenant), topic_(topic), reached_(after) {}

Result<FeedReader::Page> FeedReader::next(size_t rows_max) {
    Page page;
    page.reached = reached_;
    const auto scan = snapshot_->scan(event_row_key(reached_.revision), table_end(Table::event));
    size_t rows = 0;
    for (; scan->valid() && rows < rows_max; scan->next()) {
        auto events = decode_events(scan->key(), scan->value());
        if (!events || events->empty()) {
            return fail(ErrorCode::internal, std::string(damaged_feed));
        }
        const FeedPosition last = events->back().position;
        // The commit that was reached before is looked at again and is not progress.
        if (last.revision > reached_.revision) ++rows;
        for (auto& event : *events) {
            if (event.position <= reached_) continue;
            if (event.tenant != tenant_ || !event.is_about(topic_)) continue;
            page.events.push_back(std::move(event));
        }
        page.reached = std::max(page.reached, last);
    }
    TRY(scan->status());
    page.at_end = !scan->valid();
    reached_ = page.reached;
    return page;
}

Result<Revision> FeedReader::floor(const RowReader& rows) {
    const auto scan = rows.scan(mark_key(Revision()), table_end(Table::event_mark));
    if (scan->valid()) {
        ByteReader key(scan->key());
        key.u8();
        return Revision(key.u64_be());
    }
    TRY(scan->status());
    return Revision(1);
}

}  // namespace signalbox
