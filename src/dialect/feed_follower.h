#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cursor.h"
#include "core/feed.h"
#include "dialect/frontend.h"

namespace signalbox {

// One client that follows the feed, from a position or from now, whatever its events are sent on.
//
//   join ---> catch up from a store snapshot, up to where the core joined us
//     ^         |  (what commits meanwhile is kept in a bounded buffer)
//     |         v
//     |       live: each event as it is delivered
//     |         |
//     +---------+  too slow: leave, drain, join again behind the last event sent
//
// So nothing is missed and nothing is repeated, a slow client costs a bounded amount of memory
// and holds up nobody; one whose position has been trimmed away is told so, and nothing else any
// more. Its io thread only.
class FeedFollower : public std::enable_shared_from_this<FeedFollower> {
public:
    struct Request {
        std::string tenant;
        std::vector<Topic> topics;          // of which an event must have one
        std::optional<FeedPosition> after;  // nothing: from now on
    };
    explicit FeedFollower(Frontend& frontend, Request request)
        : frontend_(frontend), request_(std::move(request)) {}
    virtual ~FeedFollower() = default;
    FeedFollower(const FeedFollower&) = delete;
    FeedFollower& operator=(const FeedFollower&) = delete;

    void join();
    // Behind an event that was sent, or a bookmark: for whoever goes on with another one.
    [[nodiscard]] FeedPosition reached() const { return reached_; }
    // From now on, by the answer to `then`, events of these topics are sent as well. Called as
    // soon as it follows at all; never when it ends before. One at a time.
    void extend(std::vector<Topic> topics, std::function<void(Result<void>)> then);
    // Leaves the feed; nothing is called any more.
    void finish();

protected:
    // The one who sends. None of them is called after finish().
    //
    // It was joined for the first time, and reached() is where it begins; or that is refused.
    virtual void begun(const FeedJoined& joined) = 0;
    virtual void refused(const Error& error) = 0;
    virtual void send(const std::shared_ptr<const Event>& event) = 0;
    // Everything up to reached() has been sent, and what commits from now on will be.
    virtual void caught_up() {}
    // What comes behind its position is not kept any more; `floor` and later are. It is over.
    virtual void lost(Revision floor) = 0;
    // The server stops, or the store cannot be read. It is over.
    virtual void ended() = 0;
    // Bytes sent that the client has not taken yet.
    [[nodiscard]] virtual size_t backlog() const = 0;
    // `call` whenever the client has taken everything; null: not any more.
    virtual void when_drained(std::function<void()> call) = 0;
    [[nodiscard]] virtual Caller caller() const = 0;

    [[nodiscard]] Frontend& frontend() const { return frontend_; }
    [[nodiscard]] const std::string& tenant() const { return request_.tenant; }
    [[nodiscard]] Partition& partition() const;
    [[nodiscard]] const FeedLimits& limits() const;
    [[nodiscard]] std::string cursor_text(FeedPosition position) const;
    [[nodiscard]] bool is_live() const { return state_ == State::live; }
    [[nodiscard]] bool is_over() const { return state_ == State::over; }
    // Asks how far the feed has come, and calls back with it, if it is live then: every event up to
    // there has been sent.
    void ask_head(std::function<void(Revision)> then);

private:
    enum class State : uint8_t { joining, catching_up, live, draining, over };
    struct Extension {
        std::vector<Topic> topics;
        std::function<void(Result<void>)> then;
    };

    void joined(Result<FeedJoined> answer);
    void catch_up();
    Result<bool> send_page();
    void go_live();
    void receive(std::shared_ptr<const Event> event);
    [[nodiscard]] bool is_wanted(const Event& event) const;
    void fall_behind();
    void leave_feed();
    void lose(Revision floor);
    void ask_extension();

    Frontend& frontend_;
    Request request_;
    State state_ = State::joining;
    bool begun_ = false;
    std::optional<RequestId> subscription_;
    FeedPosition reached_;  // everything up to here has been sent
    Revision joined_at_;
    std::deque<std::shared_ptr<const Event>> buffer_;
    bool overflowed_ = false;  // the buffer did not hold everything
    bool asking_head_ = false;
    // Topics that were added, and since when; before, their events are not for this client.
    std::vector<std::pair<Topic, FeedPosition>> added_;
    std::optional<Extension> extension_;
    bool is_extending_ = false;
};

}  // namespace signalbox
