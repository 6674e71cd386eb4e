#include "dialect/zaqar/confirmation_page.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "codec/url.h"
#include "core/subscription_commands.h"
#include "dialect/http_status.h"
#include "dialect/zaqar/signed_url.h"

namespace signalbox::zaqar {
namespace {

constexpr std::string_view page_text =
    R"(<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{0}</title>
<style>
body {{ font: 1.1em/1.5 sans-serif; margin: 3em auto; max-width: 34em; padding: 0 1em }}
button {{ font: inherit; padding: .3em 1em; margin-right: 1em }}
</style>
<h1>{0}</h1>
{1}
</html>
)";

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

HttpResponse page(uint16_t status, std::string_view title, std::string_view content) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    response.fields.emplace_back("Cache-Control", "no-store");
    response.fields.emplace_back("Content-Security-Policy",
                                 "default-src 'none'; style-src 'unsafe-inline'; form-action "
                                 "'self'; frame-ancestors 'none'; base-uri 'none'");
    // The address of the page is what confirms.
    response.fields.emplace_back("Referrer-Policy", "same-origin");
    response.body = fmt::format(page_text, title, content);
    return response;
}

HttpResponse not_good() {
    return page(404, "This link is not good",
                "<p>It may have expired, or a part of it is missing. Whoever made the "
                "subscription can make it again, and then there is another mail.</p>");
}

// "/v2/queues/NAME/subscriptions/ID/confirm"
struct Place {
    QueueName queue;
    SubscriptionId id;
};

std::optional<Place> place_of(std::string_view path) {
    std::vector<std::string_view> words;
    while (!path.empty()) {
        path.remove_prefix(1);
        words.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(words.back().size());
    }
    if (words.size() != 6 || words[0] != "v2" || words[3] != "subscriptions" ||
        words[5] != "confirm" || (words[1] != "queues" && words[1] != "topics")) {
        return std::nullopt;
    }
    const auto id = SubscriptionId::parse(words[4]);
    if (!id) return std::nullopt;
    const auto kind = words[1] == "topics" ? QueueKind::topic : QueueKind::queue;
    return Place{{kind, std::string(words[2])}, *id};
}

// What a link gives, when its signature is good.
struct Permit {
    Place place;
    IdentityPtr identity;
};

std::optional<Permit> permit_of(const Call& call, const Options& options) {
    const auto query = parse_query(call.request.query);
    if (!query) return std::nullopt;
    const auto parameter = [&](std::string_view name) {
        std::string found;
        for (const auto& [known, value] : *query) {
            if (known == name) found = value;
        }
        return found;
    };
    const auto path = parameter("Paths");
    const auto signature = parameter("Signature");
    auto place = place_of(path);
    if (!place) return std::nullopt;
    auto identity =
        prove_access({{path}, {parameter("Methods")}, parameter("Project"), parameter("Expires")},
                     {signature, "PUT", path}, options, call.exchange->frontend().now().wall);
    if (!identity) return std::nullopt;
    return Permit{std::move(*place), std::move(identity)};
}

void show(Call& call, const Options& options) {
    const auto permit = permit_of(call, options);
    if (!permit) return call.exchange->respond(not_good());
    const auto content = fmt::format(
        "<p>Somebody wants the messages of the queue <b>{}</b> of the project <b>{}</b> to be sent "
        "to you.</p>\n<form method=\"post\">\n<button name=\"confirmed\" value=\"true\">Send them "
        "to me</button>\n<button name=\"confirmed\" value=\"false\">Do not</button>\n</form>",
        escape_html(permit->place.queue.name), escape_html(permit->identity->tenant));
    call.exchange->respond(page(200, "Messages for you", content));
}

std::optional<bool> read_choice(std::string_view body) {
    const auto form = parse_query(body);
    if (!form) return std::nullopt;
    for (const auto& [name, value] : *form) {
        if (name != "confirmed") continue;
        if (value == "true") return true;
        if (value == "false") return false;
    }
    return std::nullopt;
}

void decide(Call& call, const Options& options) {
    const auto permit = permit_of(call, options);
    if (!permit) return call.exchange->respond(not_good());
    const auto choice = read_choice(call.request.body);
    if (!choice) {
        return call.exchange->respond(
            page(400, "Nothing was chosen", "<p>confirmed must be true or false.</p>"));
    }
    const ExchangePtr exchange = call.exchange;
    exchange->set_identity(permit->identity);
    exchange->ask(
        permit->identity->tenant,
        ConfirmSubscription{permit->place.queue, permit->place.id, *choice},
        [exchange, is_wanted = *choice](const Result<SubscriptionUpdated>& updated) {
            if (updated) {
                return exchange->respond(is_wanted ? page(200, "You will be sent messages",
                                                          "<p>The same link takes that back.</p>")
                                                   : page(200, "You will not be sent messages",
                                                          "<p>The same link takes that back.</p>"));
            }
            if (updated.error().code == ErrorCode::not_found) {
                return exchange->respond(not_good());
            }
            exchange->respond(page(http_status(updated.error().code), "Not now",
                                   "<p>Please try again in a few seconds.</p>"));
        });
}

}  // namespace

void add_confirmation_page(RouteTable& routes) {
    const auto options = routes.shared_options();
    auto& router = routes.router();
    router.add(
        Dialect::zaqar, HttpMethod::get, confirmation_page_path,
        [options](Call& call) { show(call, *options); }, Access::open);
    router.add(
        Dialect::zaqar, HttpMethod::post, confirmation_page_path,
        [options](Call& call) { decide(call, *options); }, Access::open);
}

}  // namespace signalbox::zaqar
