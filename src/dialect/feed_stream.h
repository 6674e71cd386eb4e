#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dialect/exchange.h"
#include "dialect/feed_follower.h"

namespace signalbox {

// The present state of what a stream is about, as server-sent events, some at a time. What it says
// is of one moment, and what is behind that comes from the feed.
class FeedState {
public:
    virtual ~FeedState() = default;
    // The next of them; nothing when that was all.
    virtual Result<std::optional<std::string>> next() = 0;
    [[nodiscard]] virtual Revision revision() const = 0;
};

// A client that follows the feed as server-sent events, from a cursor or from now, or from the
// state that it is told first: then an event `complete` says where that ends and what follows
// begins. One whose cursor has been trimmed away is told to start over by an event `resync`.
// Its io thread only.
class FeedStream : public FeedFollower {
public:
    // One event as a server-sent one, behind which the client goes on with `cursor`; empty: it is
    // not for this client.
    using Render = std::function<std::string(const Event& event, const std::string& cursor)>;
    struct Request {
        std::string tenant;
        std::vector<Topic> topics;
        std::optional<Cursor> after;       // nothing: from now on
        Render render;                     // null: as CloudEvents
        std::unique_ptr<FeedState> state;  // told first; null: nothing is
    };
    // Answers the exchange when the subscription could not be made.
    using Refuse = std::function<void(const ExchangePtr&, const Error&)>;

    static void open(ExchangePtr exchange, Request request, Refuse refuse);

    // For open() only.
    FeedStream(ExchangePtr exchange, Request request, Refuse refuse);

private:
    void begun(const FeedJoined& joined) override;
    void refused(const Error& error) override;
    void send(const std::shared_ptr<const Event>& event) override;
    void lost(Revision floor) override;
    void ended() override;
    [[nodiscard]] size_t backlog() const override { return exchange_->backlog(); }
    void when_drained(std::function<void()> call) override {
        exchange_->when_drained(std::move(call));
    }
    [[nodiscard]] Caller caller() const override { return exchange_->caller(); }

    [[nodiscard]] std::shared_ptr<FeedStream> self() {
        return std::static_pointer_cast<FeedStream>(shared_from_this());
    }
    void begin_stream();
    void send_state();
    void send_text(std::string text);
    void tick();
    void bookmark(Revision committed);

    const ExchangePtr exchange_;
    const Render render_;
    const Refuse refuse_;
    const bool is_foreign_;  // its cursor is of another history
    const bool has_cursor_;
    std::unique_ptr<FeedState> state_;
    bool has_begun_ = false;  // the head has been sent
    SteadyInstant sent_at_;
};

// The event as a CloudEvent in JSON; `cursor` is its id.
std::string cloud_event(const Event& event, const std::string& cursor, const std::string& node);

}  // namespace signalbox
