#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/websocket.h"
#include "codec/websocket_handshake.h"
#include "dialect/exchange.h"

namespace signalbox {

// One WebSocket, from the answer 101 to its end. Lives as long as its connection, or whoever keeps
// it. Its io thread only; no call waits for anything. A route becomes one so:
//
//     const auto handshake = WebSocketHandshake::of(call.request, {frontend.origins(),
//     {}}); if (!handshake) return call.exchange->respond(handshake.error()); const auto socket =
//     WebSocketSession::open(call.exchange, *handshake); const auto consumer =
//     std::make_shared<Consumer>(socket, ...); socket->when_gone([consumer] { consumer->finish();
//     }); socket->when_message([consumer](WebSocketMessage message) { consumer->receive(message);
//     });
//
// The handshake may also be taken at once and the session opened later, when something was asked
// before; until then nothing that the client sends is looked at.
//
// Bounded in both directions:
// - No further message is given to the handler while `requests_max` commands that it asked the
//   core (ask) are under way, while it holds the input, or while more than output_bytes_max are
//   unsent. Then the connection is not read, and its client must wait.
// - Whoever pushes looks at has_room() and goes on when_drained(). A client that is sent
//   something while more than backlog_bytes_max are unsent is closed.
//
// A silent client is pinged, and one that stays silent is taken for gone. When the server stops, it
// is closed with 1001, and when the credential of its request is not good any more with 1008.
class WebSocketSession : public std::enable_shared_from_this<WebSocketSession>,
                         private Exchange::Successor {
public:
    // Answers 101. The exchange must not have been answered.
    static std::shared_ptr<WebSocketSession> open(ExchangePtr exchange,
                                                  const WebSocketHandshake& handshake);
    // For open() only.
    explicit WebSocketSession(ExchangePtr exchange);

    [[nodiscard]] Frontend& frontend() const { return exchange_->frontend(); }
    [[nodiscard]] const Exchange& exchange() const { return *exchange_; }

    // Each whole message, in their order; nothing is read before this is set.
    void when_message(std::function<void(WebSocketMessage)> call);
    // Called once when it is over, whoever ended it, close() included; at once when it is already.
    // All callbacks and what they keep are let go then.
    void when_gone(std::function<void()> call);
    // Called whenever the connection has taken everything that was sent.
    void when_drained(std::function<void()> call);
    // Called every second or so.
    void every_tick(std::function<void()> call);

    // These do nothing once it is over.
    void send_text(std::string_view text) { send(websocket_text(text)); }
    void send_binary(std::string_view bytes) { send(websocket_binary(bytes)); }
    // Encoded once and shared by all who are sent it.
    void send(const WebSocketFrame& frame);
    // Says goodbye and ends the connection behind what was sent.
    void close(uint16_t code, std::string_view reason);

    [[nodiscard]] bool is_over() const { return over_; }
    // Bytes sent that the client has not taken yet.
    [[nodiscard]] size_t backlog() const { return exchange_->backlog(); }
    [[nodiscard]] bool has_room() const;

    // No further message is given to the handler until it is let go on.
    void hold_input() { held_ = true; }
    void resume_input();

    // Sends a command to the core; `then` gets its answer, unless this is over by then. It is
    // called on this thread, perhaps at once. Several may be under way, and those that the core
    // holds are taken back when this ends, or one by one with forget().
    template <class Body, class Then>
    std::optional<RequestId> ask(std::string tenant, Body body, Then then) {
        using Answer = Result<typename Body::Answer>;
        return ask_core(std::move(tenant), CommandBody(std::move(body)),
                        [then = std::move(then)](Reply reply) mutable {
                            then(std::get<Answer>(std::move(reply)));
                        });
    }
    void forget(RequestId request);
    // In whose name commands are sent; that of its request when nothing is said.
    void set_caller(std::string name) { caller_ = std::move(name); }

private:
    struct Calls {
        std::function<void(WebSocketMessage)> message;
        std::function<void()> gone;
        std::function<void()> drained;
        std::function<void()> tick;
    };

    size_t receive(std::string_view bytes) override;
    void finish_soon() override;
    std::optional<RequestId> ask_core(std::string tenant, CommandBody body,
                                      Frontend::Continuation then);
    void answered();
    [[nodiscard]] const WebSocketLimits& limits() const;
    [[nodiscard]] bool takes_messages() const;
    void give_messages();
    void send_replies();
    void drained();
    void tick();
    void end();

    const ExchangePtr exchange_;
    WebSocketDecoder decoder_;
    // Shared with whoever is just calling one of them, because that may end this.
    std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
    std::string caller_;
    size_t asked_ = 0;
    std::vector<RequestId> parked_;  // of them, those that the core may hold
    bool held_ = false;
    bool giving_ = false;  // messages, in the frame below
    bool over_ = false;
    SteadyInstant heard_at_;
    SteadyInstant pinged_at_;
};

}  // namespace signalbox
