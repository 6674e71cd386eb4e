#include "runtime/webhook_courier.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "codec/retry_after.h"
#include "codec/webhook_signature.h"

namespace signalbox {
namespace {

constexpr uint16_t status_gone = 410;
// Of an answer, of which nothing but the head matters; a connection is kept when it was read whole.
constexpr size_t answer_bytes_max = 64u << 10;

// Fields that are the call's own: nobody who subscribes may set them.
constexpr std::array<std::string_view, 16> own_fields{"connection",
                                                      "content-length",
                                                      "expect",
                                                      "host",
                                                      "keep-alive",
                                                      "proxy-connection",
                                                      "te",
                                                      "trailer",
                                                      "upgrade",
                                                      "transfer-encoding",
                                                      "webhook-id",
                                                      "webhook-signature",
                                                      "user-agent",
                                                      "webhook-timestamp",
                                                      "http2-settings",
                                                      "signalbox-attempt"};

bool is_same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_token(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
}

// Not one that would end the field, and begin something else.
bool is_field(std::string_view name, std::string_view value) {
    const bool has_control = std::any_of(value.begin(), value.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    return is_token(name) && !has_control;
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
    request.wants_body = false;

    bool has_type = false;
    for (auto& [name, value] : content.fields) {
        const bool is_own = std::any_of(own_fields.begin(), own_fields.end(),
                                        [&](auto own) { return is_same_name(own, name); });
        if (is_own || !is_field(name, value)) continue;
        has_type = has_type || is_same_name(name, "content-type");
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
