#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/queue_commands.h"
#include "dialect/websocket_session.h"
#include "dialect/zaqar/websocket_request.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

namespace signalbox::zaqar {

// One request of the WebSocket transport on its way to its answer, which is given once. Whoever may
// ask it has been found out.
class WebSocketCall : public std::enable_shared_from_this<WebSocketCall> {
public:
    // The status, and the body as JSON.
    using Respond = std::function<void(int status, std::string body)>;

    struct Asker {
        std::shared_ptr<WebSocketSession> socket;
        std::shared_ptr<const Options> options;
        std::string project;
        std::string client;  // the raw bytes of a UUID, or what was given when any text will do
    };
    WebSocketCall(Asker asker, WebSocketRequest request, Respond respond)
        : asker_(std::move(asker)), request_(std::move(request)), respond_(std::move(respond)) {}

    [[nodiscard]] const WebSocketRequest& request() const { return request_; }
    [[nodiscard]] const Options& options() const { return *asker_.options; }
    [[nodiscard]] const ZaqarLimits& limits() const { return asker_.options->limits; }
    [[nodiscard]] const std::string& project() const { return asker_.project; }
    [[nodiscard]] const std::string& client() const { return asker_.client; }
    [[nodiscard]] Frontend& frontend() const { return asker_.socket->frontend(); }
    [[nodiscard]] bool is_gone() const { return asker_.socket->is_over(); }
    // The queue that the body names.
    [[nodiscard]] QueueName queue() const {
        return {QueueKind::queue, request_.text("queue_name").value_or("")};
    }

    void respond(int status, std::string body) { respond_(status, std::move(body)); }
    // As a text.
    void respond_text(int status, std::string_view text);
    // {"exception", "error"}; the second is null when there is nothing more to say.
    void refuse_with(const Fault& fault, std::string_view error = {});

    // Asks the core and calls `then` with its answer, or refuses with what `explain` makes of the
    // error.
    template <class Body, class Then, class Explain>
    void ask(Body body, Then then, Explain explain) {
        ask_of(project(), std::move(body), std::move(then), std::move(explain));
    }
    template <class Body, class Then>
    void ask(Body body, Then then) {
        ask(std::move(body), std::move(then), fault_of);
    }
    // Calls `then` with the answer, whatever it is.
    template <class Body, class Then>
    void ask_any(Body body, Then then) {
        asker_.socket->ask(project(), std::move(body),
                           [self = shared_from_this(), then = std::move(then)](auto answer) {
                               then(*self, answer);
                           });
    }
    template <class Body, class Then, class Explain>
    void ask_of(const std::string& tenant, Body body, Then then, Explain explain) {
        asker_.socket->ask(tenant, std::move(body),
                           [self = shared_from_this(), then = std::move(then),
                            explain = std::move(explain)](auto answer) {
                               if (!answer) return self->refuse_with(explain(answer.error()));
                               then(*self, *answer);
                           });
    }

private:
    const Asker asker_;
    const WebSocketRequest request_;
    const Respond respond_;
};

// Runs the action that the request names, which keeps its schema and is none on subscriptions.
void run_websocket_action(const std::shared_ptr<WebSocketCall>& call);

// Actions on claims; each fails with why it cannot be done.
Checked<void> websocket_create_claim(WebSocketCall& call);
Checked<void> websocket_get_claim(WebSocketCall& call);
Checked<void> websocket_update_claim(WebSocketCall& call);
Checked<void> websocket_delete_claim(WebSocketCall& call);

// [{"id","claim_id","ttl","age","body"}...]
std::string listed_messages(const std::vector<MessageView>& messages);

// Whether it is run by WebSocketSubscriptions.
bool is_subscription_action(std::string_view action);

// Whether it changes something.
bool is_changing_action(std::string_view action);

// Whether the identity's patterns give what the route gives that does the same.
Result<void> check_websocket_action(const WebSocketRequest& request, const Identity& identity);

// Answers with a page of the queues of the project, without links.
void list_websocket_queues(const std::shared_ptr<WebSocketCall>& call);

}  // namespace signalbox::zaqar
