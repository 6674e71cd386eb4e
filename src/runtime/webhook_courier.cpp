#include "runtime/webhook_courier.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "codec/http_message.h"
#include "codec/retry_after.h"
#include "codec/webhook_signature.h"

namespace signalbox {
namespace {

constexpr uint16_t status_gone = 410;
// Of an answer, of which nothing but the head matters; a connection is kept when it was read whole.
constexpr size_t answer_bytes_max = 64u << 10;

// The call's own: whoever subscribes may set others beside them, and not these.
constexpr std::array<std::string_view, 5> own_fields{
    "webhook-id", "webhook-timestamp", "webhook-signature", "signalbox-attempt", "user-agent"};

bool may_be_set(std::string_view name, std::string_view value) {
    const bool is_own = std::any_of(own_fields.begin(), own_fields.end(), [&](const auto& own) {
        return equals_ignoring_case(own, name);
    });
    return !is_own && !is_transport_field(name) && is_field_name(name) && is_field_value(value);
}

}  // namespace

WebhookCourier::WebhookCourier(Setup setup, HttpClient& client, const NotificationForm& form,
                               const Clock& clock)
    : setup_(std::move(setup)), client_(client), form_(form), clock_(clock) {}

void WebhookCourier::tell(const Telling& telling, Then then) {
    client_.send(request_for(telling),
                 [this, then = std::move(then)](const Result<IncomingResponse>& answer) {
                     then(outcome_of(answer));
                 });
}

OutgoingRequest WebhookCourier::request_for(const Telling& telling) const {
    const Effect& effect = telling.effect;
    const Instant now = clock_.now().wall;
    auto content = telling.notification != nullptr
                       ? form_.message_webhook(effect, *telling.notification)
                       : form_.notice_webhook(effect, now);
    OutgoingRequest request;
    request.method = "POST";
    request.url = effect.subscriber;
    request.body = std::move(content.body);
    request.timeout = setup_.timeout;
    request.connect_timeout = setup_.connect_timeout;
    request.response_bytes_max = answer_bytes_max;
    request.wants_whole = false;

    bool has_type = false;
    for (auto& [name, value] : content.fields) {
        if (!may_be_set(name, value)) continue;
        has_type = has_type || equals_ignoring_case(name, "content-type");
        request.fields.emplace_back(std::move(name), std::move(value));
    }
    if (!has_type) request.fields.emplace_back("Content-Type", "application/json");
    request.fields.emplace_back("User-Agent", setup_.user_agent);

    const auto id = delivery_id(telling, now);
    const int64_t seconds =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const auto key = webhook_key(webhook_secret(setup_.secret, effect.subscription));
    request.fields.emplace_back("webhook-id", id);
    request.fields.emplace_back("webhook-timestamp", std::to_string(seconds));
    request.fields.emplace_back("webhook-signature",
                                sign_webhook(key, {id, seconds}, request.body));
    request.fields.emplace_back("signalbox-attempt", std::to_string(telling.attempt));
    return request;
}

Courier::Outcome WebhookCourier::outcome_of(const Result<IncomingResponse>& answer) const {
    if (!answer) return ReportDelivery::Failure{answer.error().message, std::nullopt, false};
    if (answer->status >= 200 && answer->status < 300) return std::nullopt;
    ReportDelivery::Failure failure;
    failure.why = fmt::format("it answered {}", answer->status);
    failure.is_gone = answer->status == status_gone;
    if (const auto wish = answer->field("retry-after")) {
        failure.retry_after = parse_retry_after(*wish, clock_.now().wall);
    }
    return failure;
}

}  // namespace signalbox
