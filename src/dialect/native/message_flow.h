#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialect/exchange.h"
#include "dialect/native/claim_watch.h"

namespace signalbox::native {

// Messages of a queue for one client, as they come, with at most `window` of them taken and not
// yet acknowledged or released.
//
//   ask the core for as many as there is room for (it holds the question until there are some)
//      ^                     |
//      |                     v
//   room again <-- deliver them, and renew their claim for as long as the client is there
//
// What the client has not dealt with when it goes is released at once. Knows nothing of how
// messages travel. Its io thread only.
//
// Invariants: a message counts against the window from before it is delivered until it is known
// to have left its claim; nothing is asked for while a question is open.
class MessageFlow : public std::enable_shared_from_this<MessageFlow> {
public:
    struct Request {
        std::string tenant;
        Caller caller;
        QueueName queue;
        size_t window = 0;
        std::optional<uint64_t> limit;  // so many messages in all
        Duration ttl{};                 // of the claims
        Duration grace{};
    };
    struct Sink {
        std::function<void()> begin;  // once, when the core has agreed
        std::function<void(const MessagesClaimed&)> deliver;
        std::function<bool()> has_room;            // more bytes may be delivered
        std::function<void(const Error&)> refuse;  // it is over, perhaps before it began
        std::function<void()> finish;              // `limit` messages were dealt with
    };

    MessageFlow(Frontend& frontend, std::shared_ptr<ClaimWatch> watch, Request request, Sink sink);

    // Also when there may be room again.
    void go_on();
    // At each tick of the frontend.
    void tick();
    // The client is gone, or wants no more.
    void stop();
    // So many messages have left the claim.
    void left(const ClaimId& claim, uint64_t count);
    // These have.
    void left(const ClaimId& claim, const std::vector<MessageId>& ids);
    // The claim that a message was delivered in, while that goes on and the message is not known to
    // have left it.
    [[nodiscard]] std::optional<ClaimId> claim_of(const MessageId& id) const;
    void set_window(size_t window);

    [[nodiscard]] const Request& request() const { return request_; }
    [[nodiscard]] bool is_over() const { return is_over_; }

private:
    // What is known of one claim. Both numbers of messages that have left it lag behind the
    // truth, each in its own way.
    struct Held {
        std::vector<MessageId> ids;
        uint64_t told = 0;  // by left()
        uint64_t seen = 0;  // by a look at the claim
        SteadyInstant renewed_at;
        bool is_renewing = false;

        [[nodiscard]] uint64_t remaining() const {
            const uint64_t gone = std::max(told, seen);
            return gone < ids.size() ? ids.size() - gone : 0;
        }
    };

    [[nodiscard]] uint64_t outstanding() const;
    [[nodiscard]] uint64_t wanted() const;
    void ask();
    void claimed(Result<MessagesClaimed> answer);
    void renew(const ClaimId& claim);
    void look_at(const ClaimId& claim);
    void drop(const ClaimId& claim);
    void release(const ClaimId& claim);
    void end(const Error& error);

    template <class Body, class Then>
    std::optional<RequestId> submit(Body body, Then then);

    Frontend& frontend_;
    const std::shared_ptr<ClaimWatch> watch_;
    Request request_;
    const Sink sink_;
    const uint64_t answer_messages_max_;  // what the core gives at a time
    std::map<ClaimId, Held> held_;
    std::map<MessageId, ClaimId> claim_of_;  // of those of held_, but for what is known to be gone
    std::shared_ptr<const ClaimWatch::Told> told_;
    uint64_t delivered_ = 0;
    std::optional<RequestId> asked_;
    bool is_asking_ = false;
    bool has_begun_ = false;
    bool is_over_ = false;
    bool has_moved_ = true;  // something left a claim since the last tick
    ClaimId looked_at_;      // the last one; each has its turn
};

}  // namespace signalbox::native
