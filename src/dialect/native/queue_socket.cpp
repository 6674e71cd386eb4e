#include <fmt/format.h>

#include "dialect/native/queue_call.h"
#include "dialect/native/queue_streams.h"
#include "dialect/websocket_session.h"

// Messages on a WebSocket. Down come, each a JSON text: what was agreed to, {"claim", "messages"}
// for what was claimed, and the answers to what came up, in its order:
//
//   {"ack":[id...]}                                  {"acknowledged":n}
//   {"release":[id...], "delay"?, "failed"?}         {"released":n}
//   {"window":n}                                     {"window":n}
//   anything else, or what the core refuses          {"problem":{...}}

namespace signalbox::native {
namespace {

class MessageSocket : public std::enable_shared_from_this<MessageSocket> {
public:
    MessageSocket(ExchangePtr exchange, WebSocketHandshake handshake)
        : exchange_(std::move(exchange)), handshake_(std::move(handshake)) {}

    void open(std::shared_ptr<ClaimWatch> watch, MessageFlow::Request request) {
        const auto self = shared_from_this();
        batch_max_ = exchange_->frontend()
                         .node()
                         .partition_of(request.tenant)
                         .limits()
                         .queue.messages_per_answer_max;
        MessageFlow::Sink sink;
        sink.begin = [self] { self->begin(); };
        sink.deliver = [self](const MessagesClaimed& claimed) { self->deliver(claimed); };
        sink.has_room = [self] { return self->socket_ == nullptr || self->socket_->has_room(); };
        sink.refuse = [self](const Error& error) { self->refuse(error); };
        sink.finish = [self] { self->close(websocket_close::normal, "its limit is reached"); };
        flow_ = std::make_shared<MessageFlow>(exchange_->frontend(), std::move(watch),
                                              std::move(request), std::move(sink));
        exchange_->when_gone([self] { self->leave(); });
        flow_->go_on();
    }

private:
    void begin() {
        const auto self = shared_from_this();
        socket_ = WebSocketSession::open(exchange_, handshake_);
        socket_->when_gone([self] { self->leave(); });
        if (flow_ == nullptr) return;
        socket_->send_text(stream_terms(flow_->request()));
        socket_->when_message([self](const WebSocketMessage& message) { self->receive(message); });
        socket_->when_drained([self] {
            if (self->flow_) self->flow_->go_on();
        });
        socket_->every_tick([self] {
            if (self->flow_) self->flow_->tick();
        });
    }

    void deliver(const MessagesClaimed& claimed) {
        std::string text;
        JsonWriter json(text);
        json.begin_object();
        json.member("claim", claimed.claim->text());
        write_messages(json, {}, claimed.messages, exchange_->frontend().now().wall);
        json.end_object();
        socket_->send_text(text);
    }

    void refuse(const Error& error) {
        if (socket_) return close(websocket_close::going_away, error.message);
        exchange_->respond(problem(error));
        leave();
    }

    void close(uint16_t code, const std::string& reason) {
        const auto socket = socket_;
        leave();
        if (socket) socket->close(code, reason);
    }

    void receive(const WebSocketMessage& message) {
        if (const auto taken = take(message); !taken) say_problem(taken.error());
    }

    Result<void> take(const WebSocketMessage& message) {
        if (flow_ == nullptr) return {};
        const auto document = JsonDocument::parse(message.payload);
        if (!document) return fail(document.error().code, document.error().message, "body");
        TRY_AS(auto members, JsonMembers::of(document->root()));
        TRY_AS(const auto acknowledged, ids_member(members, "ack", batch_max_));
        TRY_AS(const auto released, ids_member(members, "release", batch_max_));
        TRY_AS(const auto window,
               members.integer("window", 1,
                               static_cast<int64_t>(exchange_->frontend().limits().window_max)));
        TRY_AS(const auto delay, duration_member(members, "delay"));
        TRY_AS(const auto has_failed, members.boolean("failed"));
        TRY(members.only_known());
        if ((acknowledged ? 1 : 0) + (released ? 1 : 0) + (window ? 1 : 0) != 1) {
            return fail(ErrorCode::invalid_argument, "must have one of ack, release and window",
                        "body");
        }
        if (!released && (delay || has_failed)) {
            return fail(ErrorCode::invalid_argument, "goes with release only",
                        delay ? "delay" : "failed");
        }
        if (acknowledged) acknowledge(*acknowledged);
        if (released) release(*released, delay.value_or(Duration::zero()), has_failed == true);
        if (window) {
            say("window", static_cast<uint64_t>(*window));
            flow_->set_window(static_cast<size_t>(*window));
        }
        return {};
    }

    // By claim; those that are in none of ours any more are left out.
    std::map<ClaimId, std::vector<MessageId>> by_claim(const std::vector<MessageId>& ids) const {
        std::map<ClaimId, std::vector<MessageId>> claims;
        for (const auto& id : ids) {
            if (const auto claim = flow_->claim_of(id)) claims[*claim].push_back(id);
        }
        return claims;
    }

    void acknowledge(const std::vector<MessageId>& ids) {
        auto claims = by_claim(ids);
        if (claims.empty()) return say("acknowledged", 0);
        DeleteMessages command;
        command.queue = flow_->request().queue;
        command.rule = DeleteRule::claim_of_each;
        for (const auto& [claim, held] : claims) {
            command.claims.push_back(claim);
            command.ids.insert(command.ids.end(), held.begin(), held.end());
        }
        const auto self = shared_from_this();
        socket_->ask(flow_->request().tenant, std::move(command), [self, claims](auto deleted) {
            if (!deleted) return self->say_problem(deleted.error());
            self->say("acknowledged", deleted->count);
            for (const auto& [claim, held] : claims) {
                if (self->flow_) self->flow_->left(claim, held);
            }
        });
    }

    // A command for each claim; the answer is the sum, or the first problem.
    struct Releasing {
        size_t missing = 0;  // answers
        uint64_t count = 0;
        std::optional<Error> error;
    };

    void release(const std::vector<MessageId>& ids, Duration delay, bool has_failed) {
        const auto claims = by_claim(ids);
        if (claims.empty()) return say("released", 0);
        const auto releasing = std::make_shared<Releasing>();
        releasing->missing = claims.size();
        const auto self = shared_from_this();
        for (const auto& [claim, held] : claims) {
            ReleaseClaim command;
            command.queue = flow_->request().queue;
            command.claim = claim;
            command.delay = delay;
            command.counts_as_failure = has_failed;
            command.only = held;
            socket_->ask(flow_->request().tenant, std::move(command),
                         [self, releasing, claim, held](auto released) {
                             if (released) {
                                 releasing->count += released->messages;
                             } else if (!releasing->error) {
                                 releasing->error = released.error();
                             }
                             if (--releasing->missing == 0) self->say_released(*releasing);
                             if (released && self->flow_) self->flow_->left(claim, held);
                         });
        }
    }

    void say_released(const Releasing& releasing) {
        if (releasing.error) return say_problem(*releasing.error);
        say("released", releasing.count);
    }

    void say(std::string_view name, uint64_t count) {
        if (socket_) socket_->send_text(fmt::format(R"({{"{}":{}}})", name, count));
    }

    void say_problem(const Error& error) {
        std::string text = R"({"problem":)";
        append_one_line(text, problem(error).body);
        while (text.ends_with(' ')) text.pop_back();
        if (socket_) socket_->send_text(text + "}");
    }

    // The flow and the socket hold this, too.
    void leave() {
        const auto flow = std::move(flow_);
        flow_ = nullptr;
        if (flow) flow->stop();
    }

    const ExchangePtr exchange_;
    const WebSocketHandshake handshake_;
    size_t batch_max_ = 0;
    std::shared_ptr<MessageFlow> flow_;
    std::shared_ptr<WebSocketSession> socket_;
};

}  // namespace

void open_message_socket(const Call& call, std::shared_ptr<ClaimWatch> watch,
                         MessageFlow::Request request) {
    const auto handshake =
        WebSocketHandshake::of(call.request, {call.exchange->frontend().origins(), {}});
    if (!handshake) return call.exchange->respond(handshake.error());
    std::make_shared<MessageSocket>(call.exchange, *handshake)
        ->open(std::move(watch), std::move(request));
}

}  // namespace signalbox::native
