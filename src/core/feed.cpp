#include "core/feed.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/keys.h"

namespace signalbox {
namespace {

constexpr uint64_t events_per_mark_max = 1024;
constexpr Duration trim_interval_min = std::chrono::seconds(1);
constexpr Duration trim_interval_max = std::chrono::minutes(1);
// A mark stands for this part of what is kept, or less.
constexpr int kept_per_mark = 16;
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
        last_event_ = events->back().position.revision;
    }
    return scan->status();
}

void Feed::start(Timers& timers, Now now) {
    timers.schedule(trim_timer_, now.steady + trim_interval());
}

uint64_t Feed::events_behind_last_mark() const {
    return marks_.empty() ? 0 : total_events_ - marks_.back().count_before;
}

uint64_t Feed::events_per_mark() const {
    return std::clamp<uint64_t>(limits_.events_max / kept_per_mark, 1, events_per_mark_max);
}

Duration Feed::trim_interval() const {
    return std::clamp(limits_.age_max / kept_per_mark, trim_interval_min, trim_interval_max);
}

void Feed::publish(Step& step) {
    if (step.events.empty()) return;
    if (marks_.empty() || events_behind_last_mark() >= events_per_mark()) add_mark(step);
    step.ready.writes.put(event_row_key(step.revision()), encode_events(step.events));
    total_events_ += step.events.size();
    last_event_ = step.revision();
    if (subscribers_.empty()) return;
    for (auto& event : step.events) {
        deliver(std::make_shared<const Event>(std::move(event)), step.ready);
    }
}

// Right behind the last event: who has seen that one has not missed anything by what is trimmed.
// Before the first event that is the beginning of all.
void Feed::add_mark(Step& step) {
    const Revision revision = last_event_.next();
    marks_.push_back({revision, total_events_, step.now.wall});
    std::string value;
    put_varint(value, total_events_);
    put_signed_varint(value, step.now.wall.time_since_epoch().count());
    step.ready.writes.put(mark_key(revision), value);
    while (marks_.size() > 1 && total_events_ - marks_[1].count_before >= limits_.events_max) {
        drop_first_mark(step);
    }
}

void Feed::deliver(const std::shared_ptr<const Event>& event, Ready& ready) {
    for (const auto topic : event->topics) {
        const auto found = index_.find({event->tenant, topic});
        if (found == index_.end()) continue;
        for (const auto& [request, subscriber] : found->second) {
            if (subscriber->places.size() > 1) {
                // It may stand under several topics of the event, and gets it once.
                if (subscriber->delivered == event->position) continue;
                subscriber->delivered = event->position;
            }
            ready.deliveries.push_back({request, event});
        }
    }
}

Result<FeedJoined> Feed::subscribe(RequestId request, TenantId tenant,
                                   const std::vector<Topic>& topics, Revision committed) {
    if (subscribers_.size() >= limits_.subscribers_max) {
        return fail(ErrorCode::overloaded, "too many streams are open");
    }
    const auto [subscriber, added] = subscribers_.emplace(request, Subscriber{tenant, {}, {}});
    ASSERT(added);
    for (const auto topic : topics) add_interest(request, subscriber->second, topic);
    return FeedJoined{committed, floor()};
}

Result<FeedJoined> Feed::extend(RequestId request, const std::vector<Topic>& topics,
                                Revision committed) {
    const auto subscriber = subscribers_.find(request);
    if (subscriber == subscribers_.end()) return fail(ErrorCode::not_found, "the stream is over");
    if (subscriber->second.places.size() + topics.size() > limits_.topics_max) {
        return fail(ErrorCode::overloaded, "too many topics in one stream");
    }
    for (const auto topic : topics) add_interest(request, subscriber->second, topic);
    return FeedJoined{committed, floor()};
}

void Feed::add_interest(RequestId request, Subscriber& subscriber, Topic topic) {
    const Interest interest{subscriber.tenant, topic};
    const bool is_known =
        std::any_of(subscriber.places.begin(), subscriber.places.end(),
                    [&](const auto& place) { return place.interest == interest; });
    if (is_known) return;
    auto& others = index_[interest];
    subscriber.places.push_back({interest, others.size()});
    others.push_back({request, &subscriber});
}

void Feed::drop_interest(RequestId request, const Place& gone) {
    const auto entry = index_.find(gone.interest);
    ASSERT(entry != index_.end() && entry->second[gone.place].request == request);
    // The last one takes its place.
    if (const Entry last = entry->second.back(); last.request != request) {
        entry->second[gone.place] = last;
        for (auto& place : last.subscriber->places) {
            if (place.interest == gone.interest) place.place = gone.place;
        }
    }
    entry->second.pop_back();
    if (entry->second.empty()) index_.erase(entry);
}

std::optional<TenantId> Feed::unsubscribe(RequestId request) {
    const auto found = subscribers_.find(request);
    if (found == subscribers_.end()) return std::nullopt;
    for (const auto& gone : found->second.places) drop_interest(request, gone);
    const TenantId tenant = found->second.tenant;
    subscribers_.erase(found);
    return tenant;
}

std::vector<RequestId> Feed::subscribers() const {
    std::vector<RequestId> all;
    all.reserve(subscribers_.size());
    for (const auto& [request, subscriber] : subscribers_) all.push_back(request);
    return all;
}

// Without new marks the events behind the last one would stay for ever, however old.
void Feed::trim(Step& step) {
    step.timers.schedule(trim_timer_, step.now.steady + trim_interval());
    if (events_behind_last_mark() > 0 &&
        marks_.back().at + limits_.age_max / kept_per_mark <= step.now.wall) {
        add_mark(step);
    }
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
    for (const auto& [interest, entries] : index_) {
        ASSERT(!entries.empty());
        indexed += entries.size();
    }
    for (const auto& [request, subscriber] : subscribers_) {
        for (const auto& [interest, place] : subscriber.places) {
            const auto& entry = index_.at(interest).at(place);
            ASSERT(interest.tenant == subscriber.tenant);
            ASSERT(entry.request == request && entry.subscriber == &subscriber);
        }
        indexed -= subscriber.places.size();
    }
    ASSERT(indexed == 0);
}

FeedReader::FeedReader(std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant,
                       std::vector<Topic> topics, FeedPosition after)
    : snapshot_(std::move(snapshot)),
      tenant_(tenant),
      topics_(std::move(topics)),
      reached_(after) {}

// Of a page, beyond which it takes no further commit.
constexpr size_t page_bytes_max = 256u << 10;

Result<FeedReader::Page> FeedReader::next(size_t rows_max) {
    Page page;
    page.reached = reached_;
    const auto scan = snapshot_->scan(event_row_key(reached_.revision), table_end(Table::event));
    size_t rows = 0;
    size_t bytes = 0;
    for (; scan->valid() && rows < rows_max && bytes < page_bytes_max; scan->next()) {
        auto events = decode_events(scan->key(), scan->value());
        if (!events || events->empty()) {
            return fail(ErrorCode::internal, std::string(damaged_feed));
        }
        const FeedPosition last = events->back().position;
        // The commit that was reached before is looked at again and is not progress.
        if (last.revision > reached_.revision) ++rows;
        for (auto& event : *events) {
            if (event.position <= reached_) continue;
            if (event.tenant != tenant_ || !event.is_about(topics_)) continue;
            bytes += event.data.size();
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
