#include "dialect/zaqar/websocket_connection.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_writer.h"
#include "codec/msgpack.h"
#include "dialect/auth/authenticator.h"
#include "dialect/zaqar/signed_url.h"
#include "dialect/zaqar/websocket_frame.h"
#include "dialect/zaqar/zaqar_call.h"
#include "dialect/zaqar/zaqar_json.h"

namespace signalbox::zaqar {
namespace {

constexpr uint16_t authentication_expired = 4003;
constexpr std::string_view not_authentified = "Not authentified.";  // sic
constexpr MsgpackLimits request_limits;

// What a signed URL must allow for an action; nothing for actions that none can allow.
struct SignedAction {
    std::string_view action;
    std::string_view method;
};
constexpr std::array signed_actions{
    SignedAction{"message_list", "GET"},      SignedAction{"message_get", "GET"},
    SignedAction{"message_get_many", "GET"},  SignedAction{"message_post", "POST"},
    SignedAction{"message_delete", "DELETE"}, SignedAction{"message_delete_many", "DELETE"},
};

// The actions that look at who the client is.
bool needs_client(std::string_view action) {
    return action == "message_list" || action == "message_post";
}

// Whose answers have the bodies of messages.
bool is_lengthy_action(std::string_view action) {
    static constexpr std::array<std::string_view, 6> lengthy{
        "message_list",        "message_get",  "message_get_many",
        "message_delete_many", "claim_create", "claim_get"};
    return std::find(lengthy.begin(), lengthy.end(), action) != lengthy.end();
}

}  // namespace

void WebSocketConnection::begin(const std::shared_ptr<WebSocketSession>& socket,
                                std::shared_ptr<const Options> options) {
    const auto connection = std::make_shared<WebSocketConnection>(socket, std::move(options));
    connection->subscriptions_ = std::make_shared<WebSocketSubscriptions>(
        socket, [weak = connection->weak_from_this()](WebSocketFrame messages) {
            if (const auto self = weak.lock()) self->push(std::move(messages));
        });
    socket->when_gone([subscriptions = connection->subscriptions_] { subscriptions->end_all(); });
    socket->every_tick([connection] { connection->tick(); });
    socket->when_drained([connection] { connection->flush(); });
    socket->when_message(
        [connection](WebSocketMessage message) { connection->receive(std::move(message)); });
}

bool WebSocketConnection::is_open() const {
    return socket_->frontend().authenticator().challenge().empty();
}

void WebSocketConnection::receive(WebSocketMessage message) {
    const auto slot = std::make_shared<Slot>();
    slot->is_binary = message.is_binary;
    slot->echo = WebSocketRequest().echo();
    slots_.push_back(slot);
    look_at_input();
    auto text = message.is_binary ? msgpack_to_json(message.payload, request_limits)
                                  : Result<std::string>(std::move(message.payload));
    if (!text) return answer_error(slot, 400, "The request " + text.error().message + ".");
    auto request = WebSocketRequest::parse(std::move(*text));
    if (!request) return answer_error(slot, 400, request.error());
    slot->echo = request->echo();
    keep(*slot, slot->echo.size());
    const auto keeps_schema = request->keeps_schema();
    if (!keeps_schema) {
        return answer_error(slot, 400, fmt::format("{} is not a valid action", request->action()));
    }
    if (!*keeps_schema) return answer_error(slot, 400, "Schema validation failed.");
    if (request->action() == "authenticate") return authenticate(*request, slot);
    run(std::move(*request), slot);
}

void WebSocketConnection::run(WebSocketRequest request, const SlotPtr& slot) {
    if (request.header("X-Project-ID").value_or("").empty()) {
        return answer_fault(slot, invalid_request("X-PROJECT-ID cannot be an empty string."));
    }
    const auto identity = find_asker(request, slot);
    if (!identity) return;
    WebSocketCall::Asker asker{socket_, options_, identity->tenant, {}};
    if (is_changing_action(request.action()) && !identity->may_change()) {
        return answer_fault(slot, forbidden());
    }
    if (const auto may = check_websocket_action(request, *identity); !may) {
        return answer_fault(slot, fault_of(may.error()));
    }
    const auto queue = request.text("queue_name");
    // A name that is none stands for a request that has none.
    const auto checked =
        check_queue({QueueKind::queue, queue.value_or("none")}, asker.project, *options_);
    if (!checked) return answer_fault(slot, checked.error());
    if (needs_client(request.action())) {
        const auto client = request.header("Client-ID").value_or("");
        if (const auto known = check_client_id(client, *options_, asker.client); !known) {
            return answer_fault(slot, known.error());
        }
    }
    if (request.action() == "queue_list") {
        barrier_ = slot;
    }
    if (window_.all_lengthy() || is_lengthy_action(request.action())) {
        slot->is_lengthy = true;
        window_.begin_lengthy();
    }
    look_at_input();
    socket_->set_caller(identity->user.empty() ? socket_->exchange().origin().peer
                                               : identity->user);
    const auto call = std::make_shared<WebSocketCall>(
        std::move(asker), std::move(request),
        [self = shared_from_this(), slot](int status, const std::string& body) {
            self->answer(slot, status, body);
        });
    if (!is_subscription_action(call->request().action())) return run_websocket_action(call);
    const auto done = subscriptions_->run(*call, slot->is_binary);
    if (!done) call->refuse_with(done.error());
}

void WebSocketConnection::authenticate(const WebSocketRequest& request, const SlotPtr& slot) {
    // The token is not told again.
    slot->echo = R"({"action":"authenticate","body":{},"headers":{},"api":"v2"})";
    if (is_open()) return answer(slot, 200, R"({"message":"Authentified."})");
    const auto token = request.header("X-Auth-Token").value_or("");
    Credential credential;
    credential.token = token;
    auto& frontend = socket_->frontend();
    if (auto known = frontend.authenticator().identify(credential, frontend.now())) {
        return authenticated(std::move(*known), slot);
    }
    barrier_ = slot;
    look_at_input();
    frontend.authenticator().identify_later(
        credential, [self = shared_from_this(), slot](Result<IdentityPtr> identity) {
            if (self->socket_->is_over()) return;
            self->authenticated(std::move(identity), slot);
        });
}

void WebSocketConnection::authenticated(Result<IdentityPtr> identity, const SlotPtr& slot) {
    if (identity) {
        // Whoever it speaks for now has not subscribed to what is another one's.
        if (identity_ && identity_->tenant != (*identity)->tenant) subscriptions_->end_all();
        identity_ = std::move(*identity);
        return answer(slot, 200, R"({"message":"Authentified."})");
    }
    const bool is_unknown = identity.error().code == ErrorCode::unavailable;
    answer_error(slot, is_unknown ? 503 : 401, "Authentication failed.");
}

IdentityPtr WebSocketConnection::find_asker(const WebSocketRequest& request, const SlotPtr& slot) {
    const auto project = request.header("X-Project-ID").value_or("");
    auto& frontend = socket_->frontend();
    if (is_open()) {
        const auto user = request.header("X-User-ID").value_or("");
        const auto roles = request.header("X-Roles").value_or("");
        auto known = frontend.authenticator().identify({{}, project, user, roles}, frontend.now());
        if (known && *known) known = speak_for(std::move(**known), project);
        if (known && *known) return std::move(**known);
    } else if (identity_ && frontend.authenticator().still_holds(*identity_, frontend.now())) {
        if (auto known = speak_for(identity_, project)) return std::move(*known);
        answer_error(slot, 403, "Not authenticated.");
        return nullptr;
    } else if (auto proved = prove_by_signature(request)) {
        return proved;
    }
    answer_error(slot, 403, not_authentified);
    return nullptr;
}

IdentityPtr WebSocketConnection::prove_by_signature(const WebSocketRequest& request) const {
    const auto signature = request.header("URL-Signature").value_or("");
    const auto* const signed_action =
        std::find_if(signed_actions.begin(), signed_actions.end(),
                     [&](const auto& each) { return each.action == request.action(); });
    if (signature.empty() || signed_action == signed_actions.end()) return nullptr;
    const QueueName queue{QueueKind::queue, request.text("queue_name").value_or("")};
    const auto path = queue_path(version_text(Version::v2), queue) + "/messages";
    SignedAccess access;
    access.paths = request.header_list("URL-Paths");
    access.methods = request.header_list("URL-Methods");
    access.project = request.header("X-Project-ID").value_or("");
    access.expires = request.header("URL-Expires").value_or("");
    return prove_access(std::move(access), {signature, signed_action->method, path}, *options_,
                        socket_->frontend().now().wall);
}

void WebSocketConnection::answer_error(const SlotPtr& slot, int status, std::string_view error) {
    answer(slot, status, error_body(error));
}

void WebSocketConnection::answer_fault(const SlotPtr& slot, const Fault& fault) {
    const auto& text = fault.description.empty() ? fault.title : fault.description;
    std::string body = R"({"exception":)";
    append_json_string(body, text);
    answer(slot, fault.status, body + R"(,"error":null})");
}

void WebSocketConnection::answer(const SlotPtr& slot, int status, std::string_view body) {
    slot->answer = fmt::format(R"({{"request":{},"body":{},"headers":{{"status":{}}}}})",
                               slot->echo, body, status);
    slot->echo = {};
    if (barrier_ == slot) barrier_ = nullptr;
    keep(*slot, slot->answer.size());
    window_.answered(slot->answer.size(), slot->is_lengthy);
    if (slot->is_lengthy) window_.end_lengthy();
    flush();
}

// Behind what was answered before, and no further than what a client may leave unread.
void WebSocketConnection::push(WebSocketFrame messages) {
    if (socket_->is_over()) return;
    pushed_bytes_ += messages->size();
    if (pushed_bytes_ > socket_->frontend().limits().websocket.backlog_bytes_max) {
        return socket_->close(websocket_close::policy_violation, "the client reads too slowly");
    }
    const auto slot = std::make_shared<Slot>();
    slot->pushed = std::move(messages);
    slots_.push_back(slot);
    keep(*slot, slot->pushed->size());
    flush();
}

void WebSocketConnection::keep(Slot& slot, size_t bytes) {
    window_.let_go(slot.kept_bytes);
    window_.keep(bytes);
    slot.kept_bytes = bytes;
}

// As long as the client reads: large answers to several requests may come at once.
void WebSocketConnection::flush() {
    while (!slots_.empty() && slots_.front()->is_ready() && socket_->has_room()) {
        const auto first = std::move(slots_.front());
        slots_.pop_front();
        keep(*first, 0);
        if (first->pushed) pushed_bytes_ -= first->pushed->size();
        send(*first);
    }
    look_at_input();
}

void WebSocketConnection::look_at_input() {
    const auto& limits = socket_->frontend().limits();
    if (barrier_ || slots_.size() >= limits.websocket.requests_max ||
        !window_.has_room(socket_->backlog(), limits.output_bytes_max)) {
        socket_->hold_input();
    } else {
        socket_->resume_input();
    }
}

void WebSocketConnection::send(const Slot& slot) {
    socket_->send(slot.pushed ? slot.pushed : frame_of(slot.answer, slot.is_binary));
}

void WebSocketConnection::tick() {
    subscriptions_->tick();
    auto& frontend = socket_->frontend();
    if (!identity_ || frontend.authenticator().still_holds(*identity_, frontend.now())) return;
    identity_ = nullptr;
    socket_->close(authentication_expired, "Authentication expired.");
}

}  // namespace signalbox::zaqar
