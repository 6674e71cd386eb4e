#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialect/exchange.h"
#include "dialect/feed_follower.h"

namespace signalbox::native {

// Answers one request with what has changed behind a cursor, or is going to within the time that
// it waits: {"changes":[...],"cursor":...}. Its io thread only.
class ChangesAnswer : public FeedFollower {
public:
    // One change as a JSON object; empty: it is not for this client.
    using Render = std::function<std::string(const Event& event)>;
    struct Request {
        std::string tenant;
        std::vector<Topic> topics;
        Cursor after;
        Render render;
        Duration wait{};
        size_t limit = 0;
    };
    static void open(ExchangePtr exchange, Request request);

    // For open() only.
    ChangesAnswer(ExchangePtr exchange, Request request);

private:
    void begun(const FeedJoined& joined) override;
    void refused(const Error& error) override;
    void send(const std::shared_ptr<const Event>& event) override;
    void caught_up() override;
    void lost(Revision floor) override;
    void ended() override;
    [[nodiscard]] size_t backlog() const override { return 0; }
    void when_drained(std::function<void()> /*call*/) override {}
    [[nodiscard]] Caller caller() const override { return exchange_->caller(); }

    void respond(FeedPosition position);

    const ExchangePtr exchange_;
    const Render render_;
    const bool is_foreign_;
    const SteadyInstant until_;
    const size_t limit_;
    std::vector<std::string> changes_;
    size_t bytes_ = 0;
};

}  // namespace signalbox::native
