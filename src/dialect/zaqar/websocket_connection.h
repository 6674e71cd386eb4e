#pragma once

#include <deque>
#include <memory>
#include <string>

#include "core/identity.h"
#include "dialect/answer_window.h"
#include "dialect/websocket_session.h"
#include "dialect/zaqar/websocket_call.h"
#include "dialect/zaqar/websocket_subscriptions.h"

namespace signalbox::zaqar {

// One client of the WebSocket transport. Requests are run as they come, several at a time, and
// answered in their order, each in the kind of frame that it came in. No more are taken while
// requests_max of them are not answered, or while what they hold of the memory is too much
// (AnswerWindow). Its io thread only.
//
// Where clients have to prove who they are, they do so by the action `authenticate`, as often as
// they like; what comes behind it waits for its outcome, as it does for lists of queues, which do
// not come from the core. Messages that the connection subscribed to go out between the answers; a
// client that does not read them is closed, like one that does not read its answers. When what they
// proved it with expires, the connection is closed.
class WebSocketConnection : public std::enable_shared_from_this<WebSocketConnection> {
public:
    static void begin(const std::shared_ptr<WebSocketSession>& socket,
                      std::shared_ptr<const Options> options);

    // For begin() only.
    WebSocketConnection(std::shared_ptr<WebSocketSession> socket,
                        std::shared_ptr<const Options> options)
        : socket_(std::move(socket)), options_(std::move(options)) {}

private:
    // A request whose answer is not sent yet, or a message that was subscribed to.
    struct Slot {
        bool is_binary = false;
        std::string echo;
        std::string answer;  // as JSON; empty: there is none yet
        bool is_lengthy = false;
        WebSocketFrame pushed;  // instead of an answer
        size_t kept_bytes = 0;  // of it, as window_ knows

        [[nodiscard]] bool is_ready() const { return pushed || !answer.empty(); }
    };
    using SlotPtr = std::shared_ptr<Slot>;

    void receive(WebSocketMessage message);
    void run(WebSocketRequest request, const SlotPtr& slot);
    void authenticate(const WebSocketRequest& request, const SlotPtr& slot);
    void authenticated(Result<IdentityPtr> identity, const SlotPtr& slot);
    // Who asks; or the request is answered, and nobody.
    IdentityPtr find_asker(const WebSocketRequest& request, const SlotPtr& slot);
    [[nodiscard]] IdentityPtr prove_by_signature(const WebSocketRequest& request) const;
    [[nodiscard]] bool is_open() const;
    void answer(const SlotPtr& slot, int status, std::string_view body);
    void answer_error(const SlotPtr& slot, int status, std::string_view error);
    void answer_fault(const SlotPtr& slot, const Fault& fault);
    void push(WebSocketFrame messages);
    void keep(Slot& slot, size_t bytes);
    void flush();
    void send(const Slot& slot);
    void look_at_input();
    void tick();

    const std::shared_ptr<WebSocketSession> socket_;
    const std::shared_ptr<const Options> options_;
    IdentityPtr identity_;  // null: nobody has proved anything
    std::shared_ptr<WebSocketSubscriptions> subscriptions_;
    std::deque<SlotPtr> slots_;
    size_t pushed_bytes_ = 0;  // of messages among them
    AnswerWindow window_;
    SlotPtr barrier_;  // what comes behind it waits for its answer; null: nothing does
};

}  // namespace signalbox::zaqar
