#include "dialect/zaqar/subscription_json.h"

#include "codec/json_writer.h"
#include "dialect/zaqar/zaqar_json.h"

namespace signalbox::zaqar {
namespace {

void write_members(JsonWriter& json, const SubscriptionView& view) {
    json.member("id", view.id.text());
    json.member("source", view.queue.name);
    json.member("subscriber", view.subscriber);
    json.member("ttl", whole_seconds(view.ttl));
    json.member("age", whole_seconds(view.age));
    json.key("options");
    json.raw(view.options);
    json.member("confirmed", view.is_confirmed);
}

void write_delivery(JsonWriter& json, const DeliveryStatus& delivery) {
    json.begin_object();
    json.member("pending", delivery.pending);
    json.member("delivered", delivery.delivered);
    json.member("dropped", delivery.dropped);
    json.member("failures", delivery.failures);
    json.key("next_attempt_at");
    if (delivery.next_attempt_at) {
        json.value(format_instant(*delivery.next_attempt_at));
    } else {
        json.null();
    }
    json.key("last_error");
    if (delivery.last_error.empty()) {
        json.null();
    } else {
        json.value(delivery.last_error);
    }
    json.member("gone", delivery.is_gone);
    json.end_object();
}

}  // namespace

void append_subscription(std::string& out, const SubscriptionView& view) {
    JsonWriter json(out);
    json.begin_object();
    write_members(json, view);
    json.end_object();
}

std::string listed_subscriptions(const std::vector<SubscriptionView>& views) {
    std::string out;
    for (const auto& view : views) {
        if (!out.empty()) out += ',';
        append_subscription(out, view);
    }
    return out;
}

std::string shown_subscription(const SubscriptionView& view, std::string_view signing_secret) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    write_members(json, view);
    json.key("delivery");
    write_delivery(json, view.delivery);
    if (!signing_secret.empty()) json.member("signing_secret", signing_secret);
    json.end_object();
    return out;
}

}  // namespace signalbox::zaqar
