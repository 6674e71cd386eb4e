#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/cursor.h"
#include "core/feed.h"
#include "dialect/exchange.h"

namespace signalbox {

// One client that follows the feed as server-sent events, from a cursor or from now.
//
//   join ---> catch up from a store snapshot, up to where the core joined us
//     ^         |  (what commits meanwhile is kept in a bounded buffer)
//     |         v
//     |       live: each event as it is delivered
//     |         |
//     +---------+  too slow: leave, drain, join again behind the last event sent
//
// So nothing is missed and nothing is repeated, a slow client costs a bounded amount of memory
// and holds up nobody; one whose cursor has been trimmed away is told to start over by an event
// `resync`. Its io thread only.
class FeedStream : public std::enable_shared_from_this<FeedStream> {
public:
    struct Request {
        std::string tenant;
        Topic topic;
        std::optional<Cursor> after;  // nothing: from now on
    };
    // Answers the exchange when the subscription could not be made.
    using Refuse = std::function<void(const ExchangePtr&, const Error&)>;

    static void open(ExchangePtr exchange, Request request, Refuse refuse);

    // For open() only.
    FeedStream(ExchangePtr exchange, Request request, Refuse refuse);

private:
    enum class State : uint8_t { joining, catching_up, live, draining, over };

    void join();
    void joined(Result<FeedJoined> answer);
    void catch_up();
    Result<bool> send_page();
    void go_live();
    void receive(std::shared_ptr<const Event> event);
    void send(const Event& event);
    void send_text(std::string text);
    void fall_behind();
    void leave_feed();
    void resync(Revision floor);
    void finish();
    void tick();
    void bookmark(Revision committed);

    [[nodiscard]] Partition& partition() const;
    [[nodiscard]] const FeedLimits& limits() const;
    [[nodiscard]] std::string cursor_text(FeedPosition position) const;

    const ExchangePtr exchange_;
    const Request request_;
    const Refuse refuse_;
    State state_ = State::joining;
    bool begun_ = false;  // the head has been sent
    std::optional<RequestId> subscription_;
    FeedPosition reached_;  // everything up to here has been sent
    Revision joined_at_;
    std::deque<std::shared_ptr<const Event>> buffer_;
    bool overflowed_ = false;  // the buffer did not hold everything
    bool asking_head_ = false;
    SteadyInstant sent_at_;
};

// The event as a CloudEvent in JSON; `cursor` is its id.
std::string cloud_event(const Event& event, const std::string& cursor, const std::string& node);

}  // namespace signalbox
