#include "app/options.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/option_bounds.h"
#include "app/option_list.h"
#include "codec/jwt.h"
#include "codec/origin.h"

namespace signalbox {
namespace {

template <class Number>
Setter number(Number ServeOptions::* member, uint64_t min, uint64_t max) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(const auto value, read_number(text, min, max));
        options.*member = static_cast<Number>(value);
        return {};
    };
}

Setter text_of(std::string ServeOptions::* member) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        if (text.empty()) return fail(ErrorCode::invalid_argument, "must not be empty");
        options.*member = text;
        return {};
    };
}

Setter addresses(std::vector<ListenAddress> ServeOptions::* member, bool tls) {
    return [=](ServeOptions& options, const std::string& text) -> Result<void> {
        TRY_AS(auto address, ListenAddress::parse(text));
        address.tls = tls;
        (options.*member).push_back(std::move(address));
        return {};
    };
}

Result<void> set_ticket_server(ServeOptions& options, const std::string& text) {
    const auto uuid = Uuid::parse(text);
    if (!uuid) return fail(ErrorCode::invalid_argument, "must be a UUID");
    options.ticket_servers.push_back(*uuid);
    return {};
}

Result<void> set_websocket_origin(ServeOptions& options, const std::string& text) {
    if (text != "*" && (text.find("://") == std::string::npos || text.ends_with('/'))) {
        return fail(ErrorCode::invalid_argument, "must be like https://host:port, or *");
    }
    options.websocket_origins.push_back(text);
    return {};
}

Result<void> set_log_level(ServeOptions& options, const std::string& text) {
    static const std::map<std::string, log::Level> levels{{"debug", log::Level::debug},
                                                          {"info", log::Level::info},
                                                          {"warning", log::Level::warning},
                                                          {"error", log::Level::error},
                                                          {"off", log::Level::off}};
    const auto found = levels.find(text);
    if (found == levels.end()) {
        return fail(ErrorCode::invalid_argument, "must be debug, info, warning, error or off");
    }
    options.log_level = found->second;
    return {};
}

Result<void> set_log_format(ServeOptions& options, const std::string& text) {
    if (text != "logfmt" && text != "json") {
        return fail(ErrorCode::invalid_argument, "must be logfmt or json");
    }
    options.log_format = text == "json" ? log::Format::json : log::Format::logfmt;
    return {};
}

Result<void> set_insecure(ServeOptions& options, const std::string& text) {
    TRY_AS(options.insecure, read_flag(text));
    return {};
}

Result<void> set_auth(ServeOptions& options, const std::string& text) {
    static const std::map<std::string, AuthMode> modes{{"open", AuthMode::open},
                                                       {"token", AuthMode::token},
                                                       {"jwt", AuthMode::jwt},
                                                       {"keystone", AuthMode::keystone}};
    const auto found = modes.find(text);
    if (found == modes.end()) {
        return fail(ErrorCode::invalid_argument, "must be open, token, jwt or keystone");
    }
    options.auth.mode = found->second;
    return {};
}

Result<void> set_jwt_algorithms(ServeOptions& options, const std::string& text) {
    std::vector<std::string> algorithms;
    std::istringstream names(text);
    for (std::string name; std::getline(names, name, ',');) {
        if (!parse_jwt_algorithm(name)) {
            return fail(ErrorCode::invalid_argument,
                        "must be some of RS256, RS384, RS512, PS256, ES256, ES384 and EdDSA, with "
                        "commas between them");
        }
        algorithms.push_back(name);
    }
    if (algorithms.empty()) return fail(ErrorCode::invalid_argument, "must not be empty");
    options.auth.jwt.algorithms = std::move(algorithms);
    return {};
}

Result<void> set_keystone_url(ServeOptions& options, const std::string& text) {
    std::string url = text;
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        return fail(ErrorCode::invalid_argument, "must begin with http:// or https://");
    }
    // As it stands in catalogues, with and without the version.
    while (url.ends_with('/')) url.pop_back();
    if (url.ends_with("/v3")) url.resize(url.size() - 3);
    options.auth.keystone.url = std::move(url);
    return {};
}

std::vector<OptionSpec> make_specs() {
    using O = ServeOptions;
    OptionList list;
    const auto add = [&](auto&&... what) -> OptionSpec& {
        return list.add(std::forward<decltype(what)>(what)...);
    };
    const auto add_count = [&](std::string name, const std::string& help, auto place,
                               uint64_t max = 1'000'000'000) {
        list.add_count(std::move(name), help, place, max);
    };
    const auto add_duration = [&](auto&&... what) {
        list.add_duration(std::forward<decltype(what)>(what)...);
    };

    add("data", "DIR", "Where everything is kept [./signalbox-data]", text_of(&O::data));
    add("listen", "[DIALECT=]HOST:PORT", "Where to serve, once or more [127.0.0.1:7400]",
        addresses(&O::listen, false))
        .is_list = true;
    add("tls_listen", "[DIALECT=]HOST:PORT", "Where to serve with TLS, once or more",
        addresses(&O::tls_listen, true))
        .is_list = true;
    add("tls_cert", "FILE", "The certificate and its chain, as PEM", text_of(&O::tls_cert));
    add("tls_key", "FILE", "The certificate's private key, as PEM", text_of(&O::tls_key));
    add("insecure", "",
        "Listen beyond loopback although nobody has to say who they are, and under any name",
        set_insecure)
        .is_flag = true;
    add("auth", "MODE", "How it is found out who asks: open, token, jwt or keystone [open]",
        set_auth);
    add("admin_role", "ROLE", "The role that may do what concerns every tenant [admin]",
        text_at([](O& o) -> auto& { return o.auth.admin_role; }));
    add("root_token_file", "FILE",
        "With --auth token: has a token that is an admin's, or is - for none; root-token in "
        "the "
        "data "
        "directory is made when nothing is said",
        text_of(&O::root_token_file));
    add_count("auth_remembered_max", "Credentials remembered by each io thread",
              [](O& o) -> auto& { return o.auth.remembered_max; });
    add("jwt_keys", "FILE|URL", "With --auth jwt: the public keys, as a JSON Web Key Set",
        text_at([](O& o) -> auto& { return o.auth.jwt.keys; }));
    add("jwt_algorithms", "NAMES", "How tokens may be signed [RS256,ES256,EdDSA]",
        set_jwt_algorithms);
    add("jwt_issuer", "TEXT", "What claim iss must be",
        text_at([](O& o) -> auto& { return o.auth.jwt.issuer; }));
    add("jwt_audience", "TEXT", "What claim aud must have",
        text_at([](O& o) -> auto& { return o.auth.jwt.audience; }));
    add("jwt_tenant_claim", "NAME", "The claim that names the tenant [tenant]",
        text_at([](O& o) -> auto& { return o.auth.jwt.tenant_claim; }));
    add("jwt_user_claim", "NAME", "The claim that names the user [sub]",
        text_at([](O& o) -> auto& { return o.auth.jwt.user_claim; }));
    add("jwt_roles_claim", "NAME", "The claim that has the roles [roles]",
        text_at([](O& o) -> auto& { return o.auth.jwt.roles_claim; }));
    add("jwt_acl_claim", "NAME", "The claim that has the patterns [acl]",
        text_at([](O& o) -> auto& { return o.auth.jwt.acl_claim; }));
    add_duration("jwt_leeway", "How far the clock of the issuer may be away",
                 [](O& o) -> auto& { return o.auth.jwt.leeway; });
    add_duration("jwt_refresh", "How old the keys may get before they are read again",
                 [](O& o) -> auto& { return o.auth.jwt.refresh; });
    add("keystone_url", "URL", "With --auth keystone: where it is", set_keystone_url);
    add("keystone_user", "NAME", "The user that may ask it about tokens",
        text_at([](O& o) -> auto& { return o.auth.keystone.user; }));
    add("keystone_password_file", "FILE", "That user's password",
        text_of(&O::keystone_password_file));
    add("keystone_project", "NAME", "That user's project",
        text_at([](O& o) -> auto& { return o.auth.keystone.project; }));
    add("keystone_user_domain", "NAME", "That user's domain [Default]",
        text_at([](O& o) -> auto& { return o.auth.keystone.user_domain; }));
    add("keystone_project_domain", "NAME", "That project's domain [Default]",
        text_at([](O& o) -> auto& { return o.auth.keystone.project_domain; }));
    add_duration("keystone_remembered", "How long it is remembered that a token is good",
                 [](O& o) -> auto& { return o.auth.keystone.remembered; });
    add_duration("keystone_timeout", "For an answer of Keystone",
                 [](O& o) -> auto& { return o.auth.keystone.timeout; });
    add("node", "NAME", "The name of this node [the name of the host]", text_of(&O::node));
    add("ticket_server", "UUID",
        "A server that tickets may name, once or more; without any, every server is known",
        set_ticket_server)
        .is_list = true;
    add("partitions", "N", "Shares of the tenants; fixed when the data directory is made [1]",
        number(&O::partitions, 1, 1024));
    add("io_threads", "N", "Threads for connections; 0 decides by the number of cores [0]",
        number(&O::io_threads, 0, 255));
    add("log_level", "LEVEL", "debug, info, warning, error or off [info]", set_log_level);
    add("log_format", "FORMAT", "logfmt or json [logfmt]", set_log_format);

    add("queue_encryption_key_file", "FILE",
        "Keys of 64 hexadecimal digits, one a line, for queues that are to be encrypted: the first "
        "encrypts, all decrypt [one is made, and kept with the data]",
        text_of(&O::queue_encryption_key_file));
    add("segment_bytes", "SIZE", "Size of a journal segment [32MiB]",
        size([](O& o) -> auto& { return o.segment_bytes; }, mib, gib));
    add("checkpoint_bytes", "SIZE", "Journal written between two checkpoints [64MiB]",
        size([](O& o) -> auto& { return o.checkpoint_bytes; }, mib, 64 * gib));
    add("cache_bytes", "SIZE", "Memory for rows read from disk [64MiB]",
        size([](O& o) -> auto& { return o.cache_bytes; }, mib, 1024 * gib));
    add("write_buffer_bytes", "SIZE", "Memory for rows before they are written out [64MiB]",
        size([](O& o) -> auto& { return o.write_buffer_bytes; }, mib, 16 * gib));

    add_count("tickets_max", "Queued and active tickets",
              [](O& o) -> auto& { return o.core.ticket.tickets_max; });
    add_count("tickets_per_session_max", "Tickets of one session",
              [](O& o) -> auto& { return o.core.ticket.tickets_per_session_max; });
    add_count("resources_per_ticket_max", "Resources of one ticket",
              [](O& o) -> auto& { return o.core.ticket.resources_per_ticket_max; });
    add_count("ticket_name_bytes_max", "Bytes of a ticket's scope, id, owner and the like",
              [](O& o) -> auto& { return o.core.ticket.name_bytes_max; });
    add_count("ticket_extra_bytes_max", "Bytes of a ticket's extra object",
              [](O& o) -> auto& { return o.core.ticket.extra_bytes_max; });
    add_count("ticket_slots_max", "Slots of a line, as a ticket or an operator may say",
              [](O& o) -> auto& { return o.core.ticket.slots_max; });
    // Times ageing, it must fit into a time.
    add_count(
        "ticket_priority_max", "Highest priority of a ticket; its negative is the lowest",
        [](O& o) -> auto& { return o.core.ticket.priority_max; }, 1'000'000);
    add_count("ticket_overtaken_max", "Times that barging tickets may pass the one before them",
              [](O& o) -> auto& { return o.core.ticket.overtaken_max; });
    add_duration("ticket_ageing", "Waiting so long is worth one priority",
                 [](O& o) -> auto& { return o.core.ticket.ageing; });
    add_duration("ended_age_max", "How long ended tickets are kept",
                 [](O& o) -> auto& { return o.core.ticket.ended_age_max; });
    add_count("ended_max", "Ended tickets kept",
              [](O& o) -> auto& { return o.core.ticket.ended_max; });
    add_count("line_settings_max", "Lines with settings",
              [](O& o) -> auto& { return o.core.ticket.line_settings_max; });
    add_count("sessions_max", "Sessions",
              [](O& o) -> auto& { return o.core.session.sessions_max; });
    add_duration("session_ttl_min", "Shortest ttl of a session",
                 [](O& o) -> auto& { return o.core.session.ttl_min; });
    add_duration("session_ttl_max", "Longest ttl of a session",
                 [](O& o) -> auto& { return o.core.session.ttl_max; });
    add_duration("session_grace_max", "Longest grace of a session",
                 [](O& o) -> auto& { return o.core.session.grace_max; });
    add_count("idempotency_key_bytes_max", "Bytes of an Idempotency-Key",
              [](O& o) -> auto& { return o.core.idempotency.key_bytes_max; });
    add_duration("idempotency_age_max", "How long an Idempotency-Key is remembered",
                 [](O& o) -> auto& { return o.core.idempotency.age_max; });
    add_count("feed_events_max", "Events kept in the feed",
              [](O& o) -> auto& { return o.core.feed.events_max; });
    add_duration("feed_age_max", "How long events are kept in the feed",
                 [](O& o) -> auto& { return o.core.feed.age_max; });
    add_count("subscribers_max", "Event streams open at once",
              [](O& o) -> auto& { return o.core.feed.subscribers_max; });
    add_count("feed_buffered_events_max", "Events kept in memory for one stream that lags",
              [](O& o) -> auto& { return o.core.feed.buffered_events_max; });
    add("feed_backlog_bytes_max", "SIZE",
        "Unsent bytes of one stream before it is caught up from disk [256KiB]",
        size([](O& o) -> auto& { return o.core.feed.backlog_bytes_max; }, 1024, 16 * mib));
    add_count("queues_max", "Queues and topics of a partition",
              [](O& o) -> auto& { return o.core.queue.queues_max; });
    add_count("queues_loaded_max", "Queues kept in memory although nothing goes on in them",
              [](O& o) -> auto& { return o.core.queue.queues_loaded_max; });
    add_count(
        "queue_name_bytes_max", "Bytes of a queue's name",
        [](O& o) -> auto& { return o.core.queue.name_bytes_max; }, 255);
    add_count("queue_metadata_bytes_max", "Bytes of a queue's metadata",
              [](O& o) -> auto& { return o.core.queue.metadata_bytes_max; });
    add_count("messages_per_post_max", "Messages that one request posts",
              [](O& o) -> auto& { return o.core.queue.messages_per_post_max; });
    add_count("messages_per_answer_max", "Messages that one request is about otherwise",
              [](O& o) -> auto& { return o.core.queue.messages_per_answer_max; });
    add("answer_bytes_max", "SIZE", "Bodies in one answer; but always one message [4MiB]",
        size([](O& o) -> auto& { return o.core.queue.answer_bytes_max; }, 1024, 64 * mib));
    add_duration("message_ttl_default", "Ttl of a message when neither it nor its queue has one",
                 [](O& o) -> auto& { return o.core.queue.ttl_default; });
    add_duration("message_ttl_max", "Longest ttl of a message",
                 [](O& o) -> auto& { return o.core.queue.ttl_max; });
    add_duration("message_delay_max", "Longest delay of a message",
                 [](O& o) -> auto& { return o.core.queue.delay_max; });
    add_duration("claim_ttl_max", "Longest ttl and grace of a claim",
                 [](O& o) -> auto& { return o.core.queue.claim_ttl_max; });
    add_count("claims_max", "Claims open at once, of a partition",
              [](O& o) -> auto& { return o.core.queue.claims_max; });
    add_count("queue_readers_max", "Readers of a queue",
              [](O& o) -> auto& { return o.core.queue.cursors_max; });
    add_count("subscriptions_max", "Subscriptions of a partition",
              [](O& o) -> auto& { return o.core.subscription.subscriptions_max; });
    add_count("subscriptions_per_queue_max", "Subscriptions of a queue",
              [](O& o) -> auto& { return o.core.subscription.per_queue_max; });
    add_count("subscriber_bytes_max", "Bytes of the URI of a subscriber",
              [](O& o) -> auto& { return o.core.subscription.subscriber_bytes_max; });
    add_count("subscription_options_bytes_max", "Bytes of the options of a subscription",
              [](O& o) -> auto& { return o.core.subscription.options_bytes_max; });
    add_count("notifications_max", "Messages of a queue that are not delivered to all subscribers",
              [](O& o) -> auto& { return o.core.subscription.notifications_max; });
    constexpr uint64_t quota_max = 1'000'000'000'000;
    add("quota_queues_max", "N", "Queues and topics of one tenant; 0: any number [0]",
        count([](O& o) -> auto& { return o.core.quota.queues_max; }, quota_max, 0));
    add("quota_messages_max", "N", "Messages in all queues of one tenant; 0: any number [0]",
        count([](O& o) -> auto& { return o.core.quota.messages_max; }, quota_max, 0));
    add("quota_bytes_max", "SIZE", "Bytes of their bodies; 0: any number [0]",
        size([](O& o) -> auto& { return o.core.quota.bytes_max; }, 0, 1024 * 1024 * gib));
    add("quota_messages_per_second", "N", "Messages that a tenant may post; 0: any number [0]",
        count([](O& o) -> auto& { return o.core.quota.messages_per_second; }, quota_max, 0));
    add_count("waiters_max", "Requests held at once",
              [](O& o) -> auto& { return o.core.waiters_max; });
    add_count("tokens_max", "Tokens", [](O& o) -> auto& { return o.core.token.tokens_max; });
    add_count("token_roles_max", "Roles of a token",
              [](O& o) -> auto& { return o.core.token.roles_max; });
    add_count("token_acl_max", "Patterns of a token",
              [](O& o) -> auto& { return o.core.token.acl_max; });
    add_count("token_name_bytes_max", "Bytes of a token's tenant, user, a role, a pattern",
              [](O& o) -> auto& { return o.core.token.name_bytes_max; });
    add_duration("token_ttl_max", "Longest time that a token may be good for",
                 [](O& o) -> auto& { return o.core.token.ttl_max; });
    add_count("tenants_max", "Tenants", [](O& o) -> auto& { return o.core.tenants_max; });
    add_count("tenant_bytes_max", "Bytes of a tenant's name",
              [](O& o) -> auto& { return o.core.tenant_bytes_max; });
    add_count("inbox_commands_max", "Commands waiting for the core",
              [](O& o) -> auto& { return o.inbox.commands_max; });
    add("body_bytes_max", "SIZE", "Size of a request's body [1MiB]",
        size([](O& o) -> auto& { return o.http.body_bytes_max; }, 1024, 16 * mib));
    add("head_bytes_max", "SIZE", "Size of a request's head [32KiB]",
        size([](O& o) -> auto& { return o.http.head_bytes_max; }, 1024, mib));
    add("target_bytes_max", "SIZE", "Size of a request's target [8KiB]",
        size([](O& o) -> auto& { return o.http.target_bytes_max; }, 128, mib));
    add_count("fields_max", "Header fields of a request",
              [](O& o) -> auto& { return o.http.fields_max; });
    add_count("window_max", "Unacknowledged messages of one stream [10000]",
              [](O& o) -> auto& { return o.http.window_max; });
    add_count("pipelined_max", "Requests under way on one connection, before it is not read",
              [](O& o) -> auto& { return o.http.pipelined_max; });
    add("output_bytes_max", "SIZE", "Unsent bytes on one connection, before it is not read [1MiB]",
        size([](O& o) -> auto& { return o.http.output_bytes_max; }, 1024, 1024 * mib));
    add_count("connections_max", "Connections open at once",
              [](O& o) -> auto& { return o.http.connections_max; });
    add_duration("head_timeout", "For a request to arrive, from its first byte",
                 [](O& o) -> auto& { return o.http.head_timeout; });
    add_duration("idle_timeout", "For the next request on a connection",
                 [](O& o) -> auto& { return o.http.idle_timeout; });
    add_duration("write_timeout", "For a client to take a byte of its answer",
                 [](O& o) -> auto& { return o.http.write_timeout; });
    add("websocket_message_bytes_max", "SIZE", "Of a message that a client sends [1MiB]",
        size([](O& o) -> auto& { return o.http.websocket.message_bytes_max; }, 128, 64 * mib));
    add_count("websocket_requests_max",
              "Requests under way on one WebSocket, before it is not read",
              [](O& o) -> auto& { return o.http.websocket.requests_max; });
    add("websocket_backlog_bytes_max", "SIZE",
        "Unsent bytes on one WebSocket, before it is closed [4MiB]",
        size([](O& o) -> auto& { return o.http.websocket.backlog_bytes_max; }, 1024, 1024 * mib));
    add_duration("websocket_ping_interval",
                 "Of silence, before the client of a WebSocket is pinged",
                 [](O& o) -> auto& { return o.http.websocket.ping_interval; });
    add_duration("websocket_silence_max", "For the client of a WebSocket to be heard of",
                 [](O& o) -> auto& { return o.http.websocket.silence_max; });
    add("websocket_origin", "ORIGIN",
        "Pages of this origin may open WebSockets and change things, once or more, or * for all; "
        "without any, only those of the server's own host",
        set_websocket_origin)
        .is_list = true;
    add_duration("stop_timeout", "For clients to take their answers when the server stops",
                 [](O& o) -> auto& { return o.stop_timeout; });

    add_zaqar_options(list);
    add_count("pools_max", "Pools", [](O& o) -> auto& { return o.core.pool.pools_max; });
    add_count("flavors_max", "Flavors", [](O& o) -> auto& { return o.core.pool.flavors_max; });
    add_count("pool_uri_bytes_max", "Bytes of the URI of a pool",
              [](O& o) -> auto& { return o.core.pool.uri_bytes_max; });
    add_count("pool_options_bytes_max", "Bytes of the options of a pool",
              [](O& o) -> auto& { return o.core.pool.options_bytes_max; });
    return list.take();
}

const OptionSpec* find_spec(std::string_view name) {
    const auto& specs = option_specs();
    const auto found = std::find_if(specs.begin(), specs.end(),
                                    [&](const auto& spec) { return spec.name == name; });
    return found == specs.end() ? nullptr : &*found;
}

constexpr std::string_view variable_prefix = "SIGNALBOX_";

const OptionSpec* find_spec_of_variable(std::string_view variable) {
    const auto& specs = option_specs();
    const auto found = std::find_if(specs.begin(), specs.end(), [&](const auto& spec) {
        return spec.environment() == variable;
    });
    return found == specs.end() ? nullptr : &*found;
}

// Variables of that prefix that are not about `serve`: those of the client commands and of what
// they run, those of the tests, and what a cluster makes up for a service called signalbox.
bool is_for_others(std::string_view variable) {
    static constexpr std::array names{"CONFIG", "URL",    "TOKEN",        "TENANT",
                                      "OWNER",  "TICKET", "FENCING_TOKEN"};
    static constexpr std::array<std::string_view, 3> beginnings{"TEST_", "SERVICE_", "PORT"};
    const auto rest = variable.substr(variable_prefix.size());
    return std::find(names.begin(), names.end(), rest) != names.end() ||
           std::any_of(beginnings.begin(), beginnings.end(),
                       [&](const auto& beginning) { return rest.starts_with(beginning); });
}

Error wrong_value(std::string_view where, const std::string& option, const std::string& text,
                  const std::string& why) {
    return {ErrorCode::invalid_argument, fmt::format("{} {}: \"{}\" {}", where, option, text, why),
            option};
}

// A scalar of TOML as the text that a flag would have.
std::optional<std::string> toml_text(const toml::node& node) {
    if (auto text = node.value_exact<std::string>()) return text;
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto whole = node.value_exact<int64_t>()) return std::to_string(*whole);
    return std::nullopt;
}

Result<std::vector<std::string>> toml_texts(const OptionSpec& spec, const toml::node& node,
                                            const std::string& path) {
    std::vector<std::string> texts;
    if (const auto text = toml_text(node)) {
        texts.push_back(*text);
        return texts;
    }
    const auto* array = node.as_array();
    if (array == nullptr || !spec.is_list) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: {} must be {}", path, spec.name,
                                spec.is_list ? "a string or a list of strings"
                                             : "a string, a number or a boolean"),
                    spec.name);
    }
    for (const auto& element : *array) {
        const auto text = toml_text(element);
        if (!text) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{}: {} must be a list of strings", path, spec.name),
                        spec.name);
        }
        texts.push_back(*text);
    }
    return texts;
}

Result<void> check_together(ServeOptions& options) {
    if (options.listen.empty() && options.tls_listen.empty()) {
        TRY_AS(auto address, ListenAddress::parse("127.0.0.1:7400"));
        options.listen.push_back(std::move(address));
    }
    if (!options.tls_listen.empty() && (options.tls_cert.empty() || options.tls_key.empty())) {
        return fail(ErrorCode::invalid_argument, "tls_listen needs tls_cert and tls_key",
                    "tls_listen");
    }
    for (const auto* list : {&options.listen, &options.tls_listen}) {
        for (const auto& address : *list) {
            const bool is_known = options.auth.mode != AuthMode::open;
            if (address.is_loopback() || is_known || options.insecure) continue;
            return fail(ErrorCode::invalid_argument,
                        fmt::format("listen {}: this is beyond loopback and nobody has to say who "
                                    "they are; say how with --auth, or, if that is meant, add "
                                    "--insecure",
                                    address.text()),
                        "listen");
        }
    }
    if (options.auth.mode == AuthMode::jwt && options.auth.jwt.keys.empty()) {
        return fail(ErrorCode::invalid_argument, "auth jwt needs jwt_keys", "jwt_keys");
    }
    if (options.auth.mode == AuthMode::keystone &&
        (options.auth.keystone.url.empty() || options.auth.keystone.user.empty() ||
         options.auth.keystone.project.empty() || options.keystone_password_file.empty())) {
        return fail(ErrorCode::invalid_argument,
                    "auth keystone needs keystone_url, keystone_user, keystone_password_file and "
                    "keystone_project",
                    "keystone_url");
    }
    if (options.core.session.ttl_max < options.core.session.ttl_min) {
        return fail(ErrorCode::invalid_argument,
                    "session_ttl_max must not be shorter than session_ttl_min", "session_ttl_max");
    }
    if (options.checkpoint_bytes < options.segment_bytes) {
        return fail(ErrorCode::invalid_argument,
                    "checkpoint_bytes must not be smaller than segment_bytes", "checkpoint_bytes");
    }
    return {};
}

}  // namespace

// A name that is somebody else's may be made to lead to loopback, and then its pages would be taken
// for the server's own. Beyond loopback the names are the operator's affair.
std::vector<std::string> known_hosts(const ServeOptions& options) {
    std::vector<std::string> hosts;
    if (options.auth.mode != AuthMode::open || options.insecure) return hosts;
    for (const auto* list : {&options.listen, &options.tls_listen}) {
        for (const auto& address : *list) {
            const auto shown = address.text();
            hosts.push_back(shown.substr(0, shown.rfind(':')));
        }
    }
    for (const auto& origin : options.websocket_origins) {
        if (origin == "*") return {};
        hosts.emplace_back(host_of_origin(origin));
    }
    return hosts;
}

std::string OptionSpec::flag() const {
    std::string flag = "--" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

std::string OptionSpec::environment() const {
    std::string variable = std::string(variable_prefix) + name;
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return variable;
}

const std::vector<OptionSpec>& option_specs() {
    static const auto specs = make_specs();
    return specs;
}

Result<OptionTexts> read_config_file(const std::string& path) {
    toml::table table;
    try {
        table = toml::parse_file(path);
    } catch (const toml::parse_error& error) {
        std::ostringstream place;
        place << error.source().begin;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: {} ({})", path, error.description(), place.str()), "config");
    }
    OptionTexts texts;
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        const auto* spec = find_spec(name);
        if (spec == nullptr) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{}: {} is not an option", path, name), name);
        }
        TRY_AS(texts[name], toml_texts(*spec, node, path));
    }
    return texts;
}

Result<OptionTexts> read_environment(const char* const* variables) {
    OptionTexts texts;
    for (; *variables != nullptr; ++variables) {
        const std::string_view variable(*variables);
        const auto name = variable.substr(0, variable.find('='));
        if (!name.starts_with(variable_prefix) || name.size() == variable.size()) continue;
        const auto* spec = find_spec_of_variable(name);
        if (spec == nullptr) {
            if (is_for_others(name)) continue;
            return fail(ErrorCode::invalid_argument,
                        fmt::format("environment: {} is not an option", name), std::string(name));
        }
        const std::string value(variable.substr(name.size() + 1));
        auto& values = texts[spec->name];
        if (!spec->is_list || value.empty()) {
            values = {value};
            continue;
        }
        // A list is written with commas.
        std::istringstream parts(value);
        std::string part;
        while (std::getline(parts, part, ',')) values.push_back(part);
    }
    return texts;
}

Result<ServeOptions> make_serve_options(const OptionTexts& file, const OptionTexts& environment,
                                        const OptionTexts& flags) {
    ServeOptions options;
    GivenOptions given;
    struct Source {
        const OptionTexts& texts;
        std::string_view name;
    };
    for (const auto& spec : option_specs()) {
        // Each place replaces what the ones before it say, lists as a whole.
        for (const auto& source : {Source{flags, "option"}, Source{environment, "environment"},
                                   Source{file, "configuration file:"}}) {
            const auto found = source.texts.find(spec.name);
            if (found == source.texts.end()) continue;
            given.insert(spec.name);
            for (const auto& text : found->second) {
                const auto set = spec.set(options, text);
                if (set) continue;
                const auto shown = source.name == "option"        ? spec.flag()
                                   : source.name == "environment" ? spec.environment()
                                                                  : spec.name;
                return fail(wrong_value(source.name, shown, text, set.error().message));
            }
            break;
        }
    }
    TRY(check_together(options));
    TRY(keep_bounds(options, given));
    return options;
}

}  // namespace signalbox
