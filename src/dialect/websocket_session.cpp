#include "dialect/websocket_session.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace signalbox {
namespace {

// So much is decoded before anybody looks whether there is still room: small frames are messages
// of their own, each of which costs more than its bytes.
constexpr size_t slice_bytes = 4096;

}  // namespace

std::shared_ptr<WebSocketSession> WebSocketSession::open(ExchangePtr exchange,
                                                         const WebSocketHandshake& handshake) {
    const auto session = std::make_shared<WebSocketSession>(exchange);
    exchange->when_gone([session] { session->end(); });
    exchange->when_drained([session] { session->drained(); });
    const std::shared_ptr<Exchange::Successor> successor(session, session.get());
    if (exchange->upgrade(handshake.response(), successor)) {
        exchange->every_tick([session] { session->tick(); });
    } else {
        session->over_ = true;
    }
    return session;
}

WebSocketSession::WebSocketSession(ExchangePtr exchange)
    : exchange_(std::move(exchange)),
      decoder_(limits().message_bytes_max),
      caller_(exchange_->caller().name),
      heard_at_(frontend().now().steady),
      pinged_at_(heard_at_) {}

const WebSocketLimits& WebSocketSession::limits() const {
    return frontend().limits().websocket;
}

bool WebSocketSession::has_room() const {
    return !over_ && backlog() <= frontend().limits().output_bytes_max;
}

bool WebSocketSession::takes_messages() const {
    return !over_ && !held_ && calls_->message && asked_ < limits().requests_max && has_room();
}

void WebSocketSession::when_message(std::function<void(WebSocketMessage)> call) {
    if (over_) return;
    calls_->message = std::move(call);
    resume_input();
}

void WebSocketSession::when_gone(std::function<void()> call) {
    if (over_) return call();
    calls_->gone = std::move(call);
}

void WebSocketSession::when_drained(std::function<void()> call) {
    if (!over_) calls_->drained = std::move(call);
}

void WebSocketSession::every_tick(std::function<void()> call) {
    if (!over_) calls_->tick = std::move(call);
}

void WebSocketSession::resume_input() {
    held_ = false;
    give_messages();
    exchange_->take_input();
}

size_t WebSocketSession::receive(std::string_view bytes) {
    heard_at_ = frontend().now().steady;
    // Whoever gives messages comes back for this.
    if (giving_) return 0;
    const auto self = shared_from_this();
    give_messages();
    size_t taken = 0;
    while (takes_messages() && taken < bytes.size() && !decoder_.is_closed()) {
        const auto slice = bytes.substr(taken, slice_bytes);
        taken += slice.size();
        decoder_.feed(slice);
        send_replies();
        give_messages();
    }
    return over_ ? bytes.size() : taken;
}

// Pongs go out at once. A goodbye is the last thing that is sent, so it waits until the messages in
// front of it have been heard.
void WebSocketSession::send_replies() {
    if (decoder_.is_closed()) return;
    auto replies = decoder_.take_replies();
    if (!replies.empty()) {
        exchange_->send(std::make_shared<const std::string>(std::move(replies)));
    }
}

void WebSocketSession::give_messages() {
    if (giving_) return;
    const auto self = shared_from_this();
    giving_ = true;
    while (takes_messages()) {
        auto message = decoder_.take();
        if (!message) {
            if (!decoder_.is_closed()) break;
            exchange_->send(std::make_shared<const std::string>(decoder_.take_replies()));
            end();
            break;
        }
        const auto calls = calls_;
        calls->message(std::move(*message));
    }
    giving_ = false;
}

void WebSocketSession::send(const WebSocketFrame& frame) {
    if (over_) return;
    if (backlog() > limits().backlog_bytes_max) {
        return close(websocket_close::policy_violation, "the client reads too slowly");
    }
    exchange_->send(frame);
}

void WebSocketSession::close(uint16_t code, std::string_view reason) {
    if (over_) return;
    exchange_->send(websocket_close_frame(code, reason));
    end();
}

void WebSocketSession::finish_soon() {
    close(websocket_close::going_away, "the server stops");
}

void WebSocketSession::end() {
    if (over_) return;
    over_ = true;
    const auto self = shared_from_this();
    for (const RequestId request : parked_) frontend().forget(request);
    parked_.clear();
    const auto calls = std::exchange(calls_, std::make_shared<Calls>());
    exchange_->end_stream();
    if (calls->gone) calls->gone();
}

std::optional<RequestId> WebSocketSession::ask_core(std::string tenant, CommandBody body,
                                                    Frontend::Continuation then) {
    if (over_) return std::nullopt;
    const bool is_parked = Frontend::may_park(body);
    Command command;
    command.tenant = std::move(tenant);
    command.caller = {caller_, exchange_->request_id()};
    command.body = std::move(body);
    ++asked_;
    // Known only when submit() has returned; an answer that comes before that takes nothing back.
    const auto id = std::make_shared<std::optional<RequestId>>();
    const auto self = shared_from_this();
    const auto request = frontend().submit(std::move(command),
                                           [self, id, then = std::move(then)](Reply reply) mutable {
                                               if (*id) std::erase(self->parked_, **id);
                                               if (self->over_) return;
                                               then(std::move(reply));
                                               self->answered();
                                           });
    if (request && is_parked) {
        *id = request;
        parked_.push_back(*request);
    }
    return request;
}

void WebSocketSession::answered() {
    --asked_;
    if (over_ || giving_) return;
    give_messages();
    exchange_->take_input();
}

void WebSocketSession::forget(RequestId request) {
    if (std::erase(parked_, request) == 0) return;
    frontend().forget(request);
    answered();
}

void WebSocketSession::drained() {
    const auto self = shared_from_this();
    const auto calls = calls_;
    if (calls->drained) calls->drained();
    // There is room again for answers.
    give_messages();
    exchange_->take_input();
}

void WebSocketSession::tick() {
    const auto now = frontend().now().steady;
    if (!exchange_->identity_holds()) {
        return close(websocket_close::policy_violation, "the credential is not good any more");
    }
    // What is not read is not heard.
    if (!takes_messages()) heard_at_ = now;
    if (now - heard_at_ > limits().silence_max) {
        return close(websocket_close::policy_violation, "nothing was heard for too long");
    }
    if (now - std::max(heard_at_, pinged_at_) >= limits().ping_interval) {
        static const WebSocketFrame ping = websocket_ping();
        pinged_at_ = now;
        send(ping);
    }
    const auto calls = calls_;
    if (calls->tick) calls->tick();
}

}  // namespace signalbox
