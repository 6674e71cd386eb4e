#include "dialect/zaqar/notification_form.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "codec/http_message.h"
#include "codec/json_reader.h"
#include "codec/python_json.h"
#include "codec/url.h"
#include "dialect/zaqar/confirmation_page.h"
#include "dialect/zaqar/zaqar_call.h"
#include "dialect/zaqar/zaqar_json.h"

namespace signalbox::zaqar {
namespace {

// With its quotes.
constexpr std::string_view message_mark = R"("$zaqar_message$")";

// The example of Zaqar's own documentation, which is what its operators have.
constexpr std::string_view confirmation_subject = "Zaqar Notification - Subscription Confirmation";
constexpr std::string_view confirmation_text =
    "You have chosen to subscribe to the queue: {}. This queue belongs to project: {}. To confirm "
    "this subscription, click or visit this link below: {}";
constexpr std::string_view unsubscription_subject = "Zaqar Notification - Unsubscribe Confirmation";
constexpr std::string_view unsubscription_text =
    "You have unsubscribed successfully to the queue: {}. This queue belongs to project: {}. To "
    "resubscribe this subscription, click or visit this link below: {}";

std::string python_text(std::string_view text) {
    std::string out;
    append_python_string(out, text);
    return out;
}

// An object as Python writes it, member by member.
class PythonObject {
public:
    void add_raw(std::string_view name, std::string_view value) {
        text_ += text_.empty() ? "{" : ", ";
        append_python_string(text_, name);
        text_ += ": ";
        text_ += value;
    }
    void add(std::string_view name, std::string_view value) { add_raw(name, python_text(value)); }
    [[nodiscard]] std::string take() { return std::move(text_) + "}"; }

private:
    std::string text_;
};

std::optional<JsonValue> option(const JsonDocument& options, std::string_view name) {
    for (const auto& [known, value] : options.root().members()) {
        if (known == name) return value;
    }
    return std::nullopt;
}

JsonDocument options_of(const Effect& effect) {
    auto document = JsonDocument::parse(effect.options);
    if (!document) document = JsonDocument::parse("{}");
    ASSERT(document);
    return std::move(*document);
}

std::string with_message(std::string_view post_data, std::string_view message) {
    std::string out;
    for (;;) {
        const size_t mark = post_data.find(message_mark);
        out += post_data.substr(0, mark);
        if (mark == std::string_view::npos) return out;
        out += message;
        post_data.remove_prefix(mark + message_mark.size());
    }
}

WebhookContent webhook_of(const Effect& effect, std::string message) {
    const auto options = options_of(effect);
    WebhookContent content;
    const auto post_data = option(options, "post_data");
    const auto text = post_data ? post_data->text() : std::nullopt;
    content.body = text ? with_message(*text, message) : std::move(message);
    const auto headers = option(options, "post_headers");
    if (!headers) return content;
    for (const auto& [name, value] : headers->members()) {
        if (const auto field = value.text()) content.fields.emplace_back(name, *field);
    }
    return content;
}

// Of "mailto:address?subject=...", which goes before the option.
std::string subject_of(const Effect& effect) {
    const size_t mark = effect.subscriber.find('?');
    if (mark != std::string::npos) {
        const auto query = parse_query(std::string_view(effect.subscriber).substr(mark + 1));
        for (const auto& [name, value] : query.value_or(QueryParameters())) {
            if (equals_ignoring_case(name, "subject") && !value.empty()) return value;
        }
    }
    const auto options = options_of(effect);
    const auto subject = option(options, "subject");
    const auto text = subject ? subject->text() : std::nullopt;
    return std::string(text.value_or(""));
}

// Paths and URLs stay readable, as they are in the original's links.
std::string encode_readably(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const size_t plain = text.find_first_of("/:");
        out += percent_encode(text.substr(0, plain));
        if (plain == std::string_view::npos) break;
        out += text[plain];
        text.remove_prefix(plain + 1);
    }
    return out;
}

}  // namespace

std::string notification_text(Duration ttl, std::string_view body, std::string_view queue) {
    PythonObject message;
    message.add_raw("ttl", std::to_string(whole_seconds(ttl)));
    const auto document = JsonDocument::parse(body);
    std::string written;
    if (document) {
        append_python_json(written, document->root());
    } else {
        written = body;
    }
    message.add_raw("body", written);
    message.add("Message_Type", "Notification");
    message.add("queue_name", queue);
    return message.take();
}

std::string confirmation_path(const QueueName& queue, const SubscriptionId& id) {
    return fmt::format("{}/subscriptions/{}/confirm", queue_path(version_text(Version::v2), queue),
                       id.text());
}

SignedAccess ZaqarNotificationForm::confirmation_of(const Effect& effect, Instant issued_at) const {
    const bool is_goodbye = effect.kind == Effect::Kind::unsubscription;
    const Duration life = is_goodbye ? options_.limits.subscription_ttl : effect.ttl;
    return {{confirmation_path(effect.queue, effect.subscription)},
            {"PUT"},
            effect.tenant,
            expiry_text(saturating_add(issued_at, life))};
}

WebhookContent ZaqarNotificationForm::message_webhook(const Effect& effect,
                                                      const Notification& notification) const {
    return webhook_of(effect,
                      notification_text(notification.ttl, notification.body, effect.queue.name));
}

WebhookContent ZaqarNotificationForm::notice_webhook(const Effect& effect,
                                                     Instant issued_at) const {
    const auto access = confirmation_of(effect, issued_at);
    const bool is_goodbye = effect.kind == Effect::Kind::unsubscription;
    PythonObject message;
    if (!options_.public_url.empty()) {
        message.add("WSGISubscribeURL", options_.public_url + access.paths.front());
    }
    message.add("Message_Type",
                is_goodbye ? "UnsubscribeConfirmation" : "SubscriptionConfirmation");
    message.add("Message",
                is_goodbye
                    ? fmt::format("You have unsubscribed successfully to the queue: {}, you can "
                                  "resubscribe it by using confirmed=True.",
                                  effect.queue.name)
                    : "You have chosen to subscribe to the queue: " + effect.queue.name);
    message.add("URL-Signature", access.signature(options_.secret_key));
    message.add("URL-Methods", access.methods.front());
    message.add("URL-Paths", access.paths.front());
    message.add("X-Project-ID", access.project);
    message.add("URL-Expires", access.expires);
    message.add_raw("SubscribeBody", R"({"confirmed": true})");
    message.add_raw("UnsubscribeBody", R"({"confirmed": false})");
    message.add("queue_name", effect.queue.name);
    return webhook_of(effect, message.take());
}

MailContent ZaqarNotificationForm::message_mail(const Effect& effect,
                                                const Notification& notification) const {
    return {subject_of(effect),
            notification_text(notification.ttl, notification.body, effect.queue.name)};
}

std::string ZaqarNotificationForm::confirmation_link(const Effect& effect,
                                                     const SignedAccess& access) const {
    const auto& path = access.paths.front();
    const auto& page = options_.external_confirmation_url;
    std::string link = page;
    if (link.empty()) link.append(options_.public_url).append(confirmation_page_path);
    const std::pair<std::string_view, std::string> parameters[] = {
        {"Signature", access.signature(options_.secret_key)},
        {"Methods", access.methods.front()},
        {"Paths", path},
        {"Project", access.project},
        {"Expires", access.expires},
        {"Url", options_.public_url.empty() ? "" : options_.public_url + path},
        {"Queue", effect.queue.name},
    };
    char before = '?';
    for (const auto& [name, value] : parameters) {
        link += before;
        link += name;
        link += '=';
        link += encode_readably(value);
        before = '&';
    }
    return link;
}

MailContent ZaqarNotificationForm::notice_mail(const Effect& effect, Instant issued_at) const {
    const auto link = confirmation_link(effect, confirmation_of(effect, issued_at));
    const bool is_goodbye = effect.kind == Effect::Kind::unsubscription;
    return {std::string(is_goodbye ? unsubscription_subject : confirmation_subject),
            fmt::format(fmt::runtime(is_goodbye ? unsubscription_text : confirmation_text),
                        effect.queue.name, effect.tenant, link)};
}

}  // namespace signalbox::zaqar
