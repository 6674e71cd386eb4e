#include <fmt/format.h>

#include "dialect/zaqar/subscription_commands.h"
#include "dialect/zaqar/subscription_json.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_routes.h"
#include "runtime/couriers.h"

// Who is told of the messages of a queue.

namespace signalbox::zaqar {
namespace {

HttpResponse located(HttpResponse response, const std::string& path) {
    response.fields.emplace_back("Location", path);
    return response;
}

Checked<SubscriptionId> subscription_of(const ZaqarCall& call) {
    const auto& text = call.path_parameter("subscription");
    const auto id = SubscriptionId::parse(text);
    if (!id) return refuse(no_such_subscription(text));
    return *id;
}

Fault fault_of_one(const Error& error, const SubscriptionId& id) {
    return error.code == ErrorCode::not_found ? no_such_subscription(id.text()) : fault_of(error);
}

Instant now_of(const ZaqarCall& call) {
    return call.exchange()->frontend().now().wall;
}

Checked<void> create(const ZaqarCall& call) {
    auto input = read_new_subscription(call.request().body, call.options(), now_of(call));
    if (!input) return refuse(std::move(input.error()));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.project(), creation_of(call.queue(), std::move(*input), call.options()),
                  [exchange, path = call.queue_path() +
                                    "/subscriptions"](Result<SubscriptionCreated> created) {
                      if (created) {
                          return exchange->respond(located(
                              json_response(201, fmt::format(R"({{"subscription_id":"{}"}})",
                                                             created->id.text())),
                              path));
                      }
                      if (created.error().code != ErrorCode::conflict) {
                          return exchange->respond(render(fault_of_creation(created.error())));
                      }
                      exchange->respond(located(
                          render(conflict("Such subscription already exists.Subscriptions are "
                                          "unique by project + queue + subscriber URI.")),
                          path));
                  });
    return {};
}

Checked<void> list(const ZaqarCall& call) {
    const auto limit = call.integer("limit");
    if (!limit) return refuse(limit.error());
    const auto checked = check_subscription_limit(*limit, call.limits());
    if (!checked) return refuse(checked.error());
    ListSubscriptions command;
    command.queue = call.queue();
    command.limit = *checked;
    const auto* marker = call.text("marker");
    if (marker != nullptr) {
        command.after = SubscriptionId::parse(*marker);
        if (!command.after) {
            return refuse(invalid_parameter("marker", "It must be the id of a subscription."));
        }
    }
    ask(call, std::move(command),
        [path = call.queue_path() + "/subscriptions", limit = *limit,
         has_marker = marker != nullptr](const SubscriptionList& list) {
            std::string links(no_links);
            if (!list.subscriptions.empty()) {
                NextLink next(path);
                if (!has_marker) next.add_number("limit", limit);
                next.add("marker", list.subscriptions.back().id.text());
                if (has_marker) next.add_number("limit", limit);
                links = next.links();
            }
            return json_response(200, fmt::format(R"({{"subscriptions":[{}],{}}})",
                                                  listed_subscriptions(list.subscriptions), links));
        });
    return {};
}

// Whoever was given a signature may look, but not forge what the subscriber trusts.
std::string secret_for(const ZaqarCall& call, const SubscriptionId& id) {
    const bool has_signature = !call.request().field("url-signature").value_or("").empty();
    if (has_signature || !call.options().webhook_secret) return {};
    return call.options().webhook_secret(id);
}

Checked<void> show(const ZaqarCall& call) {
    const auto id = subscription_of(call);
    if (!id) return refuse(id.error());
    ask(
        call, GetSubscription{call.queue(), *id},
        [secret = secret_for(call, *id)](const SubscriptionView& view) {
            const bool is_mail = scheme_of(view.subscriber) == "mailto";
            return json_response(200, shown_subscription(view, is_mail ? "" : secret));
        },
        [id = *id](const Error& error) { return fault_of_one(error, id); });
    return {};
}

Checked<void> patch(const ZaqarCall& call) {
    auto input = read_subscription_patch(call.request().body, call.options(), now_of(call));
    if (!input) return refuse(std::move(input.error()));
    const auto id = subscription_of(call);
    if (!id) return refuse(id.error());
    if (!input->subscriber && !input->ttl && !input->options) {
        return refuse({400, "Unable to update subscription",
                       fmt::format("Subscription {} could not be updated.", id->text())});
    }
    UpdateSubscription command{call.queue(), *id, std::move(input->subscriber), input->ttl,
                               std::move(input->options)};
    ask(
        call, std::move(command),
        [path = std::string(call.request().path)](const SubscriptionUpdated& /*updated*/) {
            return located(empty_response(204), path);
        },
        [id = *id](const Error& error) {
            if (error.code != ErrorCode::conflict) return fault_of_one(error, id);
            return conflict(
                "Such subscription already exists. Subscriptions are unique by project + queue + "
                "subscriber URI.");
        });
    return {};
}

Checked<void> remove(const ZaqarCall& call) {
    const auto id = SubscriptionId::parse(call.path_parameter("subscription"));
    if (!id) {
        call.exchange()->respond(empty_response(204));
        return {};
    }
    ask(call, DeleteSubscription{call.queue(), *id},
        [](const SubscriptionDeleted& /*deleted*/) { return empty_response(204); });
    return {};
}

Checked<void> confirm(const ZaqarCall& call) {
    const auto is_confirmed = read_confirmation(call.request().body);
    if (!is_confirmed) return refuse(is_confirmed.error());
    const auto id = subscription_of(call);
    if (!id) return refuse(id.error());
    ask(
        call, ConfirmSubscription{call.queue(), *id, *is_confirmed},
        [path = std::string(call.request().path)](const SubscriptionUpdated& /*updated*/) {
            return located(empty_response(204), path);
        },
        [id = *id](const Error& error) { return fault_of_one(error, id); });
    return {};
}

}  // namespace

void add_subscription_routes(RouteTable& routes) {
    constexpr auto since = RouteTable::Since::v2;
    for (const std::string place : {"/queues/:queue", "/topics/:topic"}) {
        const auto all = place + "/subscriptions";
        const auto one = all + "/:subscription";
        routes.add(HttpMethod::post, all, create, since);
        routes.add(HttpMethod::get, all, list, since);
        routes.add(HttpMethod::get, one, show, since);
        routes.add(HttpMethod::patch, one, patch, since);
        routes.add(HttpMethod::erase, one, remove, since);
        routes.add(HttpMethod::put, one + "/confirm", confirm, since);
    }
}

}  // namespace signalbox::zaqar
