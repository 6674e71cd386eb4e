#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "core/event.h"
#include "core/step.h"

namespace signalbox {

// The events of a partition in revision order: stored with the commit that produced them,
// delivered once to whoever subscribed to some of their topics, and trimmed from the old end by
// number and age. What limits_ promise to keep is kept; beyond, up to a sixteenth of it more,
// because whole runs of events between two marks are dropped. Core thread.
//
// Invariants (check()): marks_ rise in revision and count; the first one is the floor, below
// which events may be missing; a subscriber stands in the index under exactly its topics.
class Feed {
public:
    explicit Feed(const FeedLimits& limits) : limits_(limits) {}

    Result<void> load(const RowReader& rows);
    void start(Timers& timers, Now now);

    // At the end of a step: its events become a row and are handed to their subscribers.
    void publish(Step& step);

    // `overloaded` when there are subscribers_max.
    Result<FeedJoined> subscribe(RequestId request, TenantId tenant,
                                 const std::vector<Topic>& topics, Revision committed);
    // `overloaded` when it would have more than topics_max.
    Result<FeedJoined> extend(RequestId request, const std::vector<Topic>& topics,
                              Revision committed);
    // The tenant that it followed; nothing when it is no subscriber. Costs the same however many
    // there are, because all streams may end at once.
    std::optional<TenantId> unsubscribe(RequestId request);
    // In the order of their requests.
    [[nodiscard]] std::vector<RequestId> subscribers() const;

    void trim(Step& step);

    [[nodiscard]] Revision floor() const;
    [[nodiscard]] uint64_t kept_events() const;
    [[nodiscard]] size_t subscriber_count() const { return subscribers_.size(); }
    void check() const;

private:
    // Events of revisions below `revision` are `count_before` in number since the beginning.
    struct Mark {
        Revision revision;
        uint64_t count_before = 0;
        Instant at;
    };
    struct Interest {
        TenantId tenant;
        Topic topic;
        auto operator<=>(const Interest&) const = default;
    };
    // One of a subscriber's interests, and where it stands in the index.
    struct Place {
        Interest interest;
        size_t place = 0;
    };
    struct Subscriber {
        TenantId tenant;
        std::vector<Place> places;
        FeedPosition delivered;  // last; kept where there are several interests
    };
    struct Entry {
        RequestId request;
        Subscriber* subscriber;
    };

    [[nodiscard]] uint64_t events_behind_last_mark() const;
    [[nodiscard]] uint64_t events_per_mark() const;
    [[nodiscard]] Duration trim_interval() const;
    void add_mark(Step& step);
    void deliver(const std::shared_ptr<const Event>& event, Ready& ready);
    void add_interest(RequestId request, Subscriber& subscriber, Topic topic);
    void drop_interest(RequestId request, const Place& gone);
    void drop_first_mark(Step& step);

    const FeedLimits& limits_;
    std::deque<Mark> marks_;
    uint64_t total_events_ = 0;  // since the beginning, trimmed ones included
    // Of the last commit with events; known when there is one behind the last mark.
    Revision last_event_;
    TimerHook trim_timer_{TimerKind::feed_trim};

    std::map<RequestId, Subscriber> subscribers_;
    std::map<Interest, std::vector<Entry>> index_;
};

// Reads stored events after a position that have one of some topics; for readers that catch up, on
// any thread, with a snapshot.
class FeedReader {
public:
    FeedReader(std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant,
               std::vector<Topic> topics, FeedPosition after);

    struct Page {
        std::vector<Event> events;
        FeedPosition reached;  // everything up to here was looked at
        bool at_end = false;   // of the snapshot
    };
    // Looks at `rows_max` commits at most, so that one call stays short.
    Result<Page> next(size_t rows_max);

    // What the snapshot says is still kept: see FeedJoined::floor.
    [[nodiscard]] static Result<Revision> floor(const RowReader& rows);

private:
    std::shared_ptr<const StoreSnapshot> snapshot_;
    TenantId tenant_;
    std::vector<Topic> topics_;
    FeedPosition reached_;
};

}  // namespace signalbox
