#include "dialect/zaqar/subscription_input.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "codec/ip_address.h"
#include "codec/json_reader.h"
#include "codec/mail_message.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/retry_policy.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "runtime/couriers.h"

namespace signalbox::zaqar {
namespace {

// Behind it there are no dates: the end of the year 9999.
constexpr int64_t last_second = 253'402'300'799;
constexpr size_t post_headers_max = 32;

Fault wrong_option(std::string_view name, std::string_view why) {
    return invalid_request(fmt::format("Options: {} {}.", name, why));
}

// ['http', 'https']
std::string list_text(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const auto& name : names) {
        if (text.size() > 1) text += ", ";
        text += "'" + name + "'";
    }
    return text + "]";
}

// Behind the host: nothing, or a colon and a number, which may be left out.
bool is_port(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    uint16_t port = 1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return text.empty() || (is_number && port > 0);
}

// "host:80" or "[2001:db8::1]:80", as far as that can be told without asking anybody.
bool can_be_called(std::string_view host_and_port) {
    if (host_and_port.starts_with('[')) {
        const size_t end = host_and_port.find(']');
        if (end == std::string_view::npos) return false;
        const auto address = host_and_port.substr(1, end - 1);
        return address.find(':') != std::string_view::npos && IpAddress::parse(address) &&
               is_port(host_and_port.substr(end + 1));
    }
    const auto host = host_and_port.substr(0, host_and_port.find(':'));
    constexpr std::string_view never = R"("<>[]\^`{|}%)";
    return !host.empty() && host.find_first_of(never) == std::string_view::npos &&
           is_port(host_and_port.substr(host.size()));
}

std::string lower(std::string_view name) {
    std::string low(name);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

bool has_space(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

Checked<void> check_subscriber(std::string_view subscriber, const Options& options) {
    const auto scheme = scheme_of(subscriber);
    const auto& types = options.subscriber_types;
    if (std::find(types.begin(), types.end(), scheme) == types.end()) {
        if (scheme.starts_with("trust+")) {
            return refuse(invalid_request(
                "Subscribers of the type trust+http and trust+https need a trust of Keystone, "
                "which this server does not make. Subscribe the address without trust+."));
        }
        return refuse(invalid_request(
            fmt::format("The subscriber type of subscription must be supported in the list {}.",
                        list_text(types))));
    }
    if (has_space(subscriber)) {
        return refuse(
            invalid_request("The subscriber must not have spaces or control characters."));
    }
    auto rest = subscriber.substr(scheme.size() + 1);
    if (scheme == "mailto") {
        if (!address_of_mailto(subscriber)) {
            return refuse(
                invalid_request("The subscriber must have an address: mailto:NAME@HOST."));
        }
        if (options.require_confirmation && options.public_url.empty() &&
            options.external_confirmation_url.empty()) {
            return refuse(invalid_request(
                "Subscribers of the type mailto have to confirm, and this server does not know "
                "under which address they reach it. Its operator can say so with public_url."));
        }
        return {};
    }
    const bool has_authority = rest.starts_with("//");
    if (has_authority) rest.remove_prefix(2);
    auto host = rest.substr(0, rest.find_first_of("/?#"));
    host.remove_prefix(host.rfind('@') == std::string_view::npos ? 0 : host.rfind('@') + 1);
    if (!has_authority || host.empty() || host.starts_with(':')) {
        return refuse(invalid_request(
            fmt::format("The subscriber must name a host: {}://HOST/PATH.", scheme)));
    }
    if (!can_be_called(host)) {
        return refuse(invalid_request(
            "The subscriber must name a host that can be called, with a port from 1 to 65535."));
    }
    return {};
}

Checked<void> check_post_headers(const JsonValue& headers) {
    constexpr std::string_view option = "post_headers";
    if (!headers.is_object()) return refuse(wrong_option(option, "must be a dict"));
    if (headers.members().size() > post_headers_max) {
        return refuse(
            wrong_option(option, fmt::format("must have at most {} fields", post_headers_max)));
    }
    std::set<std::string> names;
    for (const auto& [name, value] : headers.members()) {
        const auto text = value.text();
        if (!is_field_name(name)) {
            return refuse(wrong_option(option, "must be named as header fields are"));
        }
        if (!names.insert(lower(name)).second) {
            return refuse(wrong_option(option, fmt::format("must have {} once", name)));
        }
        if (is_transport_field(name)) {
            return refuse(wrong_option(option, fmt::format("must not have {}", name)));
        }
        if (!text || !is_field_value(*text)) {
            return refuse(wrong_option(option, fmt::format("must have a text as {}", name)));
        }
    }
    return {};
}

Checked<void> check_text(std::string_view name, const JsonValue& value) {
    const auto text = value.text();
    if (!text) return refuse(wrong_option(name, "must be a string"));
    // Of a mail, a line each.
    const bool is_line = name != "post_data";
    if (is_line && text->find_first_of("\r\n") != std::string_view::npos) {
        return refuse(wrong_option(name, "must be one line"));
    }
    return {};
}

// What notifications are made with; options of other names are the client's own.
Checked<void> check_options(const JsonValue& given, const ZaqarLimits& limits) {
    std::set<std::string_view> names;
    for (const auto& [name, value] : given.members()) {
        if (!names.insert(name).second) {
            return refuse(wrong_option(name, "must not be there twice"));
        }
        if (name == "_retry_policy") {
            if (auto checked = check_retry_policy(value.json()); !checked) {
                return refuse(invalid_request(std::move(checked.error())));
            }
        } else if (name == "post_headers") {
            if (auto checked = check_post_headers(value); !checked) return checked;
        } else if (name == "post_data" || name == "subject") {
            if (auto checked = check_text(name, value); !checked) return checked;
        } else if (name == "_dead_letter_queue") {
            const auto queue = value.text();
            if (!queue || !check_name(*queue, "Queue", limits)) {
                return refuse(wrong_option(name, "must be the name of a queue"));
            }
        }
    }
    return {};
}

bool says_nothing(const JsonValue& value) {
    switch (value.kind()) {
        case JsonKind::null: return true;
        case JsonKind::boolean: return value.boolean() == false;
        case JsonKind::number: return value.integer() == 0;
        case JsonKind::text: return value.text() == "";
        case JsonKind::array: return value.elements().empty();
        case JsonKind::object: return value.members().empty();
    }
    return false;
}

Checked<std::string> read_options(const JsonValue& given, const ZaqarLimits& limits) {
    if (says_nothing(given)) return std::string("{}");
    if (!given.is_object()) return refuse(invalid_request("Options must be a dict."));
    if (auto checked = check_options(given, limits); !checked) {
        return refuse(std::move(checked.error()));
    }
    return given.json();
}

Checked<Duration> read_ttl(const JsonValue& given, const ZaqarLimits& limits, Instant now) {
    const auto ttl = given.integer();
    if (!ttl) return refuse(invalid_request("TTL must be an integer."));
    const auto in_seconds = [](Duration span) {
        return std::chrono::duration_cast<std::chrono::seconds>(span).count();
    };
    const int64_t least = in_seconds(limits.subscription_ttl_min);
    if (*ttl < least) {
        return refuse(invalid_request(
            fmt::format("The TTL for a subscription must be at least {} seconds long.", least)));
    }
    if (*ttl > last_second - in_seconds(now.time_since_epoch())) {
        return refuse(
            invalid_request("The TTL seconds for a subscription plus current time must be less "
                            "than 9999-12-31 23:59:59.999999."));
    }
    return Duration(std::chrono::seconds(*ttl));
}

struct Members {
    std::optional<JsonValue> subscriber;
    std::optional<JsonValue> ttl;
    std::optional<JsonValue> options;
};

// Of a name that is there twice, the last one counts.
Members members_of(const JsonValue& root) {
    Members members;
    const auto take = [](std::optional<JsonValue>& place, const JsonValue& value) {
        place = value.is_null() ? std::nullopt : std::optional(value);
    };
    for (const auto& [name, value] : root.members()) {
        if (name == "subscriber") take(members.subscriber, value);
        if (name == "ttl") take(members.ttl, value);
        if (name == "options") take(members.options, value);
    }
    return members;
}

Checked<SubscriptionInput> read(const Members& members, const Options& options, Instant now) {
    SubscriptionInput input;
    if (members.subscriber) {
        const auto text = members.subscriber->text();
        if (!text) return refuse(invalid_request("The subscriber must be a string."));
        if (auto checked = check_subscriber(*text, options); !checked) {
            return refuse(std::move(checked.error()));
        }
        input.subscriber = *text;
    }
    if (members.options) {
        auto given = read_options(*members.options, options.limits);
        if (!given) return refuse(std::move(given.error()));
        input.options = std::move(*given);
    }
    if (members.ttl) {
        const auto ttl = read_ttl(*members.ttl, options.limits, now);
        if (!ttl) return refuse(ttl.error());
        input.ttl = *ttl;
    }
    return input;
}

Checked<JsonDocument> parse(std::string_view text) {
    if (auto checked = check_json(text); !checked) return refuse(std::move(checked.error()));
    auto document = JsonDocument::parse(text);
    if (!document) return refuse(invalid_body("Request body could not be parsed."));
    return std::move(*document);
}

}  // namespace

Checked<SubscriptionInput> read_new_subscription(std::string_view text, const Options& options,
                                                 Instant now) {
    const auto document = parse(text.empty() ? "{}" : text);
    if (!document) return refuse(document.error());
    const auto root = document->root();
    if (!root.is_object()) return refuse(invalid_request("Subscriptions must be a dict."));
    const auto members = members_of(root);
    if (!members.subscriber || members.subscriber->text() == "") {
        return refuse(invalid_request("Missing parameter subscriber in body."));
    }
    return read(members, options, now);
}

Checked<SubscriptionInput> read_subscription_patch(std::string_view text, const Options& options,
                                                   Instant now) {
    const auto document = parse(text.empty() ? "{}" : text);
    if (!document) return refuse(document.error());
    const auto root = document->root();
    if (says_nothing(root)) return refuse(invalid_request("No subscription to create."));
    if (!root.is_object()) return refuse(invalid_request("Subscriptions must be a dict."));
    return read(members_of(root), options, now);
}

Checked<SubscriptionInput> read_subscription_settings(std::string_view text, const Options& options,
                                                      Instant now) {
    const auto document = parse(text);
    if (!document) return refuse(document.error());
    auto members = members_of(document->root());
    members.subscriber.reset();
    return read(members, options, now);
}

Checked<bool> read_confirmation(std::string_view text) {
    const auto document = parse(text.empty() ? "{}" : text);
    if (!document) return refuse(document.error());
    std::optional<bool> is_confirmed;
    for (const auto& [name, value] : document->root().members()) {
        if (name == "confirmed") is_confirmed = value.boolean();
    }
    if (!is_confirmed) return refuse(invalid_request("The 'confirmed' should be boolean."));
    return *is_confirmed;
}

}  // namespace signalbox::zaqar
