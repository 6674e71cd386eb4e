#include "dialect/zaqar/websocket_subscriptions.h"

#include <array>
#include <map>

#include <fmt/format.h>

#include "codec/json_text.h"
#include "dialect/zaqar/notification_form.h"
#include "dialect/zaqar/subscription_commands.h"
#include "dialect/zaqar/subscription_json.h"
#include "dialect/zaqar/websocket_frame.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "runtime/couriers.h"

namespace signalbox::zaqar {
namespace {

// What is shown as the subscriber of those that have none.
constexpr std::string_view own_subscriber = "websocket:";

void respond_created(WebSocketCall& call, const SubscriptionId& id) {
    call.respond(201,
                 fmt::format(R"({{"subscription_id":"{}","message":"Subscription {} created."}})",
                             id.text(), call.queue().name));
}

void respond_exists(WebSocketCall& call) {
    call.respond_text(409, fmt::format("Subscription {} not created.", call.queue().name));
}

void create_stored(WebSocketCall& call, SubscriptionInput input) {
    call.ask_any(creation_of(call.queue(), std::move(input), call.options()),
                 [](WebSocketCall& self, const Result<SubscriptionCreated>& created) {
                     if (created && created->is_new) return respond_created(self, created->id);
                     if (created || created.error().code == ErrorCode::conflict) {
                         return respond_exists(self);
                     }
                     self.refuse_with(fault_of_creation(created.error()));
                 });
}

void refuse_unknown(WebSocketCall& call, std::string_view id) {
    call.refuse_with(
        no_such_subscription(id),
        fmt::format("Subscription {} for queue {} does not exist.", id, call.queue().name));
}

void get_stored(WebSocketCall& call, const std::string& text) {
    const auto id = SubscriptionId::parse(text);
    if (!id) return refuse_unknown(call, text);
    call.ask_any(GetSubscription{call.queue(), *id}, [text](WebSocketCall& self,
                                                            const Result<SubscriptionView>& view) {
        if (view) {
            const auto& secret = self.options().webhook_secret;
            const bool is_mail = scheme_of(view->subscriber) == "mailto";
            return self.respond(
                200, shown_subscription(*view, is_mail || !secret ? "" : secret(view->id)));
        }
        if (view.error().code == ErrorCode::not_found) {
            return refuse_unknown(self, text);
        }
        self.refuse_with(fault_of(view.error()));
    });
}

void respond_removed(WebSocketCall& call, std::string_view id) {
    call.respond_text(204, fmt::format("Subscription {} removed.", id));
}

void delete_stored(WebSocketCall& call, const std::string& text) {
    const auto id = SubscriptionId::parse(text);
    if (!id) return respond_removed(call, text);
    call.ask(DeleteSubscription{call.queue(), *id},
             [text](WebSocketCall& self, const SubscriptionDeleted& /*deleted*/) {
                 respond_removed(self, text);
             });
}

// What was posted to queues, as all of their followers of an io thread are told it in the same
// turn: a post of thousands of messages has as many frames, and may have a hundred followers.
struct Posted {
    std::map<std::shared_ptr<const Event>, std::array<WebSocketFrame, 2>> frames;  // text, binary
};

WebSocketFrame frames_of(const Event& event, std::string_view queue, bool is_binary) {
    auto frames = std::make_shared<std::string>();
    JsonTextReader reader(event.data);
    reader.enter();
    while (reader.next_element()) {
        Duration ttl{};
        std::string_view body;
        reader.enter();
        while (const auto name = reader.next_member()) {
            const auto value = reader.take();
            if (*name == "ttl_ms") ttl = Duration(json_integer(value).value_or(0));
            if (*name == "body") body = value;
        }
        *frames += *frame_of(notification_text(ttl, body, queue), is_binary);
    }
    return frames;
}

}  // namespace

Checked<void> WebSocketSubscriptions::run(WebSocketCall& call, bool is_binary) {
    const auto& request = call.request();
    if (request.action() == "subscription_create") return create(call, is_binary);
    if (request.action() == "subscription_list") return list(call);
    const auto id = request.text("subscription_id").value_or("");
    const auto own = find(call);
    const bool is_get = request.action() == "subscription_get";
    if (own == entries_.end()) {
        is_get ? get_stored(call, id) : delete_stored(call, id);
    } else if (is_get) {
        std::string view;
        append_subscription(view, view_of(own->second));
        call.respond(200, std::move(view));
    } else {
        end(own);
        respond_removed(call, id);
    }
    return {};
}

Checked<void> WebSocketSubscriptions::create(WebSocketCall& call, bool is_binary) {
    const auto now = call.frontend().now().wall;
    const bool has_subscriber = !call.request().text("subscriber").value_or("").empty();
    auto input = has_subscriber
                     ? read_new_subscription(call.request().body(), call.options(), now)
                     : read_subscription_settings(call.request().body(), call.options(), now);
    if (!input) return refuse(std::move(input.error()));
    if (has_subscriber) {
        create_stored(call, std::move(*input));
        return {};
    }
    const Key key{call.project(), call.queue()};
    if (entries_.contains(key)) {
        respond_exists(call);
        return {};
    }
    if (entries_.size() >= call.limits().subscriptions_per_connection_max) {
        return refuse({403, "Quota exceeded",
                       fmt::format("A connection may have no more than {} subscriptions.",
                                   call.limits().subscriptions_per_connection_max)});
    }
    Entry entry;
    entry.view.id = SubscriptionId::from_raw(
        call.frontend().random().uuid().raw().substr(0, sizeof(SubscriptionId)));
    entry.view.queue = call.queue();
    entry.view.subscriber = own_subscriber;
    entry.view.ttl = input->ttl.value_or(call.limits().subscription_ttl);
    entry.view.options = input->options.value_or("{}");
    entry.made_at = now;
    entry.is_binary = is_binary;
    const auto id = entry.view.id;
    entries_.emplace(key, std::move(entry));
    // As with any other subscription, there is such a queue then.
    call.ask_any(CreateQueue{call.queue(), {}, {}},
                 [self = shared_from_this(), key, id](WebSocketCall& asker,
                                                      const Result<QueueCreated>& created) {
                     if (created) return self->follow(asker, key, id);
                     if (self->has(key, id)) self->entries_.erase(key);
                     asker.refuse_with(fault_of(created.error()));
                 });
    return {};
}

void WebSocketSubscriptions::follow(WebSocketCall& call, const Key& key, const SubscriptionId& id) {
    // Known only when ask() has returned; an answer that comes before that has nothing to end.
    const auto request = std::make_shared<std::optional<RequestId>>();
    *request = socket_->ask(call.project(), FollowMessages{call.queue()},
                            [self = shared_from_this(), asker = call.shared_from_this(), request,
                             key, id](const Result<MessagesFollowed>& followed) {
                                const bool is_wanted = self->has(key, id);
                                if (followed && is_wanted) {
                                    self->entries_.at(key).followed = *request;
                                } else {
                                    if (*request) self->socket_->frontend().forget(**request);
                                    if (is_wanted) self->entries_.erase(key);
                                }
                                if (followed) return respond_created(*asker, id);
                                asker->refuse_with(fault_of(followed.error()));
                            });
    if (!*request) return;
    call.frontend().on_events(
        **request, [self = shared_from_this(), key, id](const std::shared_ptr<const Event>& event) {
            if (event) self->receive(key, id, event);
        });
}

void WebSocketSubscriptions::receive(const Key& key, const SubscriptionId& id,
                                     const std::shared_ptr<const Event>& event) {
    if (!has(key, id)) return;
    auto& frontend = socket_->frontend();
    auto& posted = frontend.kept<Posted>().frames;
    if (posted.empty()) {
        frontend.run_later([&frontend] { frontend.kept<Posted>().frames.clear(); });
    }
    const bool is_binary = entries_.at(key).is_binary;
    auto& frames = posted[event][is_binary ? 1 : 0];
    if (!frames) frames = frames_of(*event, key.second.name, is_binary);
    // What is too much for the connection ends it, and all that it follows.
    push_(WebSocketFrame(frames));
}

Checked<void> WebSocketSubscriptions::list(WebSocketCall& call) const {
    const auto& request = call.request();
    const auto limit = check_subscription_limit(request.integer("limit"), call.limits());
    if (!limit) return refuse(limit.error());
    ListSubscriptions command;
    command.queue = call.queue();
    command.limit = *limit;
    std::string own;
    if (const auto marker = request.text("marker")) {
        command.after = SubscriptionId::parse(*marker);
        if (!command.after) {
            return refuse(invalid_parameter("marker", "It must be the id of a subscription."));
        }
    } else if (const auto found = entries_.find({call.project(), call.queue()});
               found != entries_.end()) {
        append_subscription(own, view_of(found->second));
    }
    call.ask(std::move(command), [own](WebSocketCall& self, const SubscriptionList& list) {
        auto shown = listed_subscriptions(list.subscriptions);
        if (!own.empty() && !shown.empty()) shown += ',';
        self.respond(200, fmt::format(R"({{"subscriptions":[{}]}})", shown + own));
    });
    return {};
}

WebSocketSubscriptions::Entries::iterator WebSocketSubscriptions::find(const WebSocketCall& call) {
    const auto id = SubscriptionId::parse(call.request().text("subscription_id").value_or(""));
    const auto found = entries_.find({call.project(), call.queue()});
    return found != entries_.end() && found->second.view.id == id ? found : entries_.end();
}

bool WebSocketSubscriptions::has(const Key& key, const SubscriptionId& id) const {
    const auto found = entries_.find(key);
    return found != entries_.end() && found->second.view.id == id;
}

SubscriptionView WebSocketSubscriptions::view_of(const Entry& entry) const {
    auto view = entry.view;
    view.age = std::max(socket_->frontend().now().wall - entry.made_at, Duration::zero());
    return view;
}

void WebSocketSubscriptions::tick() {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto next = std::next(entry);
        if (view_of(entry->second).age >= entry->second.view.ttl) end(entry);
        entry = next;
    }
}

void WebSocketSubscriptions::end_all() {
    while (!entries_.empty()) end(entries_.begin());
}

void WebSocketSubscriptions::end(Entries::iterator entry) {
    const auto followed = entry->second.followed;
    entries_.erase(entry);
    if (followed) socket_->frontend().forget(*followed);
}

}  // namespace signalbox::zaqar
