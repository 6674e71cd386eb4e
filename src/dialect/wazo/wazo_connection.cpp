#include "dialect/wazo/wazo_connection.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/log.h"
#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/url.h"
#include "dialect/wazo/access.h"
#include "dialect/wazo/bus_event.h"

namespace signalbox::wazo {
namespace {

namespace code {
constexpr uint16_t no_token = 4001;
constexpr uint16_t refused = 4002;
constexpr uint16_t expired = 4003;
constexpr uint16_t bad_message = 4004;
}  // namespace code

constexpr std::string_view needed_access = "websocketd";

// What the address says.
struct Asked {
    std::string token;
    std::string version = "1";
};

Asked read_asked(const HttpRequest& request) {
    Asked asked;
    const auto parameters = parse_query(request.query).value_or(QueryParameters());
    for (const auto& [name, value] : parameters) {
        if (name == "token") asked.token = value;
        if (name == "version") asked.version = value;
    }
    if (asked.token.empty()) asked.token = request.field("x-auth-token").value_or("");
    return asked;
}

std::optional<int> parse_version(const std::string& text) {
    int version = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, version);
    if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
    return version;
}

// One operation of a client; nothing when it is none.
struct Operation {
    std::string name;
    std::optional<std::string> event_name;
    std::optional<std::string> token;
    std::optional<std::string> payload;
};

Result<Operation> read_operation(const WebSocketMessage& message) {
    const auto wrong = [](std::string text) {
        return fail(ErrorCode::invalid_argument, std::move(text));
    };
    if (message.is_binary) return wrong("frames must be text");
    const auto document = JsonDocument::parse(message.payload);
    if (!document || !document->root().is_object()) return wrong("messages must be JSON objects");
    auto members = JsonMembers::of(document->root());
    if (!members) return fail(members.error());
    Operation operation;
    const auto op = members->value("op");
    const auto name = op ? op->text() : std::nullopt;
    if (!name) return wrong("op must be a string");
    operation.name = *name;
    const auto data = members->value("data");
    if (!data || !data->is_object()) return operation;
    for (const auto& [key, value] : data->members()) {
        const auto text = value.text();
        if (!text) continue;
        if (key == "event_name") operation.event_name = *text;
        if (key == "token") operation.token = *text;
        if (key == "payload") operation.payload = *text;
    }
    return operation;
}

}  // namespace

// What the connection's client is sent.
class WazoFeed : public FeedFollower {
public:
    WazoFeed(std::shared_ptr<WazoConnection> connection, Request request)
        : FeedFollower(connection->socket().frontend(), std::move(request)),
          connection_(std::move(connection)) {}

    void drained() {
        if (drained_ && connection_->is_started()) {
            const auto call = drained_;
            call();
        }
    }
    // Its connection keeps it, and it keeps the connection.
    void leave() {
        finish();
        drained_ = nullptr;
    }

private:
    void begun(const FeedJoined& /*joined*/) override { connection_->follow(); }
    void refused(const Error& error) override { connection_->refuse_feed(error); }
    void send(const std::shared_ptr<const Event>& event) override {
        connection_->send_event(*event, cursor_text(event->position));
    }
    void lost(Revision /*floor*/) override { connection_->lose_feed(true); }
    void ended() override { connection_->lose_feed(false); }
    // Who has not said that it is ready takes nothing.
    [[nodiscard]] size_t backlog() const override {
        return connection_->is_started() ? connection_->socket().backlog()
                                         : std::numeric_limits<size_t>::max();
    }
    void when_drained(std::function<void()> call) override { drained_ = std::move(call); }
    [[nodiscard]] Caller caller() const override {
        return connection_->socket().exchange().caller();
    }

    const std::shared_ptr<WazoConnection> connection_;
    std::function<void()> drained_;
};

void WazoConnection::begin(const Call& call, const WebSocketHandshake& handshake) {
    const auto asked = read_asked(call.request);
    auto credential = read_credential(call.request);
    const auto connection =
        std::make_shared<WazoConnection>(WebSocketSession::open(call.exchange, handshake));
    auto& frontend = connection->socket_->frontend();
    const bool needs_token = !frontend.authenticator().challenge().empty();
    if (needs_token && asked.token.empty()) return connection->close(code::no_token, "no token");
    const auto version = parse_version(asked.version);
    if (!version) return connection->close(websocket_close::internal_error, "");
    if (*version != 1 && *version != 2) return connection->break_rule("version must be 1 or 2");
    if (!credential) return connection->close(code::refused, "authentication failed");
    connection->version_ = *version;
    credential->token = asked.token;
    connection->named_ = {std::string(credential->tenant), std::string(credential->user),
                          std::string(credential->roles)};
    connection->authenticate(*credential, [connection](Result<IdentityPtr> identity) {
        if (!identity) return connection->close(code::refused, "authentication failed");
        connection->enter(std::move(*identity));
    });
}

WazoConnection::WazoConnection(std::shared_ptr<WebSocketSession> socket)
    : socket_(std::move(socket)),
      start_until_(socket_->frontend().now().steady +
                   socket_->frontend().limits().websocket.start_max) {}

// An answer that comes when the connection is over is nobody's any more.
void WazoConnection::authenticate(Credential credential,
                                  std::function<void(Result<IdentityPtr>)> then) {
    auto& frontend = socket_->frontend();
    const auto check = [self = shared_from_this(), named = std::string(credential.tenant),
                        then = std::move(then)](Result<IdentityPtr> identity) {
        if (self->socket_->is_over()) return;
        if (identity) identity = speak_for(std::move(*identity), named);
        if (identity && !is_given(**identity, needed_access)) {
            identity = fail(ErrorCode::forbidden, "the token does not give websocketd");
        }
        if (!identity) self->socket_->frontend().probe().not_admitted(identity.error().code);
        then(std::move(identity));
    };
    if (auto known = frontend.authenticator().identify(credential, frontend.now())) {
        return check(std::move(*known));
    }
    frontend.authenticator().identify_later(credential, check);
}

void WazoConnection::enter(IdentityPtr identity) {
    identity_ = std::move(identity);
    const auto self = shared_from_this();
    answer("init", fmt::format(R"({{"version":{}}})", version_));
    socket_->when_gone([self] {
        if (self->feed_) self->feed_->leave();
        self->feed_.reset();
    });
    socket_->when_drained([self] {
        if (self->feed_) self->feed_->drained();
    });
    socket_->every_tick([self] { self->tick(); });
    socket_->when_message([self](const WebSocketMessage& message) { self->receive(message); });
}

void WazoConnection::receive(const WebSocketMessage& message) {
    const auto operation = read_operation(message);
    if (!operation) return break_rule(operation.error().message);
    const auto& name = operation->name;
    if (name == "subscribe") {
        if (!operation->event_name) return break_rule("data.event_name must be a string");
        return subscribe(*operation->event_name);
    }
    if (name == "start") return start();
    if (name == "token") {
        if (!operation->token) return break_rule("data.token must be a string");
        return change_token(*operation->token);
    }
    if (name == "ping") {
        if (!operation->payload) return break_rule("data.payload must be a string");
        if (version_ == 1) return;
        std::string data;
        JsonWriter json(data);
        json.begin_object();
        json.member("payload", *operation->payload);
        json.end_object();
        return answer("pong", data);
    }
    break_rule("op must be subscribe, start, token or ping");
}

void WazoConnection::subscribe(const std::string& name) {
    const auto& limits = socket_->frontend().limits().websocket;
    const bool is_new = !names_.contains(name);
    if (is_new && (names_.size() >= limits.subscriptions_max ||
                   name.size() > limits.subscription_bytes_max)) {
        return close(websocket_close::policy_violation, "too many subscriptions");
    }
    const auto topics = Listener{*identity_}.topics_of(name);
    names_.insert(name);
    if (!is_new || topics.empty()) return done("subscribe");
    socket_->hold_input();
    if (!feed_) {
        joining_for_ = "subscribe";
        return join_feed();
    }
    feed_->extend(topics, [self = shared_from_this()](Result<void> extended) {
        if (!extended) return self->refuse_feed(extended.error());
        self->done("subscribe");
        self->socket_->resume_input();
    });
}

// From now on: it has not asked before.
void WazoConnection::join_feed() {
    std::vector<Topic> topics;
    for (const auto& name : names_) {
        for (const auto topic : Listener{*identity_}.topics_of(name)) topics.push_back(topic);
    }
    feed_ = std::make_shared<WazoFeed>(
        shared_from_this(), FeedFollower::Request{identity_->tenant, std::move(topics), {}});
    feed_->join();
}

void WazoConnection::follow() {
    if (joining_for_.empty()) return;
    done(std::exchange(joining_for_, {}));
    socket_->resume_input();
}

void WazoConnection::start() {
    started_ = true;
    done("start");
    if (!feed_) return;
    socket_->frontend().run_later([self = shared_from_this()] {
        if (self->feed_) self->feed_->drained();
    });
}

void WazoConnection::change_token(const std::string& token) {
    socket_->hold_input();
    Credential credential{token, named_.tenant, named_.user, named_.roles};
    authenticate(credential, [self = shared_from_this()](Result<IdentityPtr> identity) {
        if (!identity) return self->close(code::refused, "authentication failed");
        self->change_identity(std::move(*identity));
    });
}

// Whoever it is now hears their own events, and nothing more of what was before.
void WazoConnection::change_identity(IdentityPtr identity) {
    const bool hears_the_same =
        identity->tenant == identity_->tenant && identity->user_uuid == identity_->user_uuid &&
        Listener{*identity}.hears_others() == Listener{*identity_}.hears_others();
    identity_ = std::move(identity);
    if (hears_the_same || !feed_) {
        done("token");
        return socket_->resume_input();
    }
    feed_->leave();
    joining_for_ = "token";
    join_feed();
}

void WazoConnection::send_event(const Event& event, const std::string& cursor) {
    const Listener listener{*identity_};
    if (!listener.may_hear(event)) return;
    const auto& node = socket_->frontend().node().identity();
    const auto body = bus_event(event, cursor, identity_->tenant, node, listener);
    if (version_ == 1) return socket_->send_text(body);
    answer("event", body);
}

void WazoConnection::lose_feed(bool is_too_old) {
    if (is_too_old) {
        return close(websocket_close::policy_violation, "the client was away for too long");
    }
    close(websocket_close::going_away, "the server stops");
}

void WazoConnection::refuse_feed(const Error& error) {
    close(websocket_close::try_again_later, error.message);
}

// Version 1 does what it is told, and says nothing.
void WazoConnection::done(std::string_view operation) {
    if (version_ == 1 && operation != "start") return;
    answer(operation, "null");
}

void WazoConnection::answer(std::string_view operation, std::string_view data) {
    socket_->send_text(fmt::format(R"({{"op":"{}","code":0,"data":{}}})", operation, data));
}

void WazoConnection::break_rule(std::string_view reason) {
    close(code::bad_message, reason);
}

void WazoConnection::close(uint16_t code, std::string_view reason) {
    // Of a frame that closes, so much is left for words.
    constexpr size_t reason_bytes_max = 123;
    socket_->close(code, reason.substr(0, reason_bytes_max));
}

void WazoConnection::tick() {
    auto& frontend = socket_->frontend();
    const bool holds = identity_->proof.empty() ||
                       frontend.authenticator().still_holds(*identity_, frontend.now());
    if (!holds) return close(code::expired, "authentication expired");
    if (!started_ && frontend.now().steady >= start_until_) {
        close(websocket_close::policy_violation, "no start in time");
    }
}

}  // namespace signalbox::wazo
