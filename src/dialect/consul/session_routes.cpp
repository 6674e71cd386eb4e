#include <algorithm>

#include <fmt/format.h>

#include "codec/json_writer.h"
#include "core/index_rows.h"
#include "core/session.h"
#include "dialect/consul/blocking_read.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"

// /v1/session

namespace signalbox::consul {
namespace {

constexpr Duration ttl_min = std::chrono::seconds(10);
constexpr Duration ttl_max = std::chrono::hours(24);
// A small bare number is one of seconds, not of nanoseconds.
constexpr int64_t lock_delay_seconds_max = 1'000'000;

int64_t nanoseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

// Clients rely on status and text.
Error bad_ttl(Duration ttl) {
    return {ErrorCode::internal,
            fmt::format("Invalid Session TTL '{}', must be between [10s=>24h0m0s]",
                        nanoseconds(ttl)),
            "TTL"};
}

Result<Duration> lock_delay_of(Members& members) {
    const auto value = members.value("LockDelay");
    const auto number = value ? value->integer() : std::nullopt;
    if (number && *number >= 0 && *number < lock_delay_seconds_max) {
        return Duration(std::chrono::seconds(*number));
    }
    TRY_AS(const auto delay, members.duration("LockDelay"));
    return delay.value_or(SessionTerms().lock_delay);
}

Result<std::vector<std::string>> service_checks_of(Members& members) {
    TRY_AS(const auto elements, members.array("ServiceChecks"));
    std::vector<std::string> ids;
    for (const auto& element : elements) {
        if (const auto text = element.text()) {
            ids.emplace_back(*text);
            continue;
        }
        TRY_AS(auto check, Members::of(element));
        TRY_AS(const auto id, check.text("ID"));
        if (id) ids.push_back(*id);
    }
    return ids;
}

// Consul keeps a session for up to twice its TTL, and its clients count on that: they halve what
// they ask for. A little less, so that it is never more.
Duration patience_for(Duration ttl) {
    return ttl * 15 / 16;
}

Result<CreateSession> read_session(const ConsulCall& call) {
    TRY_AS(const auto document, call.json("{}"));
    TRY_AS(auto members, Members::of(document.root()));
    CreateSession command;
    command.may_be_endless = true;
    auto& terms = command.terms;
    TRY_AS(const auto name, members.text("Name"));
    command.name = name.value_or("");
    TRY_AS(const auto node, members.text("Node"));
    terms.node = node ? call.node_of(*node) : "";
    const bool has_checks = members.value("Checks") || members.value("NodeChecks");
    TRY_AS(terms.node_checks, members.texts("NodeChecks"));
    TRY_AS(const auto checks, members.texts("Checks"));
    terms.node_checks.insert(terms.node_checks.end(), checks.begin(), checks.end());
    if (!has_checks && terms.node.empty()) terms.node_checks = {std::string(own_node_check)};
    TRY_AS(terms.service_checks, service_checks_of(members));
    TRY_AS(const auto behavior, members.text("Behavior"));
    if (behavior == "delete") {
        terms.behavior = SessionBehavior::erase;
    } else if (behavior && !behavior->empty() && behavior != "release") {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Invalid Behavior setting '{}'", *behavior), "Behavior");
    }
    TRY_AS(const auto delay, lock_delay_of(members));
    // Longer ones are as if the longest had been asked for.
    terms.lock_delay = std::min(delay, Duration(std::chrono::minutes(1)));
    TRY_AS(const auto ttl_text, members.text("TTL"));
    if (ttl_text && !ttl_text->empty()) {
        TRY_AS(command.ttl, parse_go_duration(*ttl_text, "TTL"));
        if (command.ttl != Duration::zero() &&
            (command.ttl < ttl_min || command.ttl > ttl_max)) {
            return fail(bad_ttl(command.ttl));
        }
        terms.ttl_text = *ttl_text;
        terms.patience = patience_for(command.ttl);
    }
    return command;
}

void write_session(JsonWriter& json, const SessionView& session, const Options& options) {
    const auto& terms = session.terms;
    json.begin_object();
    json.member("ID", session.id.text());
    json.member("Name", session.name);
    json.member("Node", terms.node.empty() ? options.node_name : terms.node);
    json.member("LockDelay", nanoseconds(terms.lock_delay));
    json.member("Behavior", terms.behavior == SessionBehavior::erase ? "delete" : "release");
    const bool is_ours = terms.ttl_text.empty() && session.ttl != Duration::zero();
    json.member("TTL", is_ours ? format_duration(session.ttl) : terms.ttl_text);
    json.key("NodeChecks");
    json.begin_array();
    for (const auto& check : terms.node_checks) json.value(check);
    json.end_array();
    json.key("ServiceChecks");
    if (terms.service_checks.empty()) {
        json.null();
    } else {
        json.begin_array();
        for (const auto& check : terms.service_checks) {
            json.begin_object();
            json.member("ID", check);
            json.member("Namespace", "");
            json.end_object();
        }
        json.end_array();
    }
    json.member("CreateIndex", session.create_index);
    json.member("ModifyIndex", session.create_index);
    json.end_object();
}

template <class Sessions>
std::string sessions_json(const Sessions& sessions, const Options& options) {
    std::string body;
    JsonWriter json(body);
    json.begin_array();
    for (const auto& session : sessions) write_session(json, session, options);
    json.end_array();
    return body;
}

Result<void> create(const ConsulCall& call) {
    TRY_AS(auto command, read_session(call));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](Result<SessionView> session) {
        if (!session) {
            // What it depends on is not there: a refusal that clients know as 500.
            if (session.error().code == ErrorCode::conflict) {
                session.error().code = ErrorCode::internal;
            }
            return exchange->respond(error_answer(session.error()));
        }
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.member("ID", session->id.text());
        json.end_object();
        exchange->respond(json_answer(std::move(body)));
    });
    return {};
}

Result<Uuid> id_of(const ConsulCall& call) {
    const auto id = Uuid::parse(call.path("session"));
    if (!id) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Invalid session id \"{}\"", call.path("session")), "session");
    }
    return *id;
}

Result<void> destroy(const ConsulCall& call) {
    TRY_AS(const auto id, id_of(call));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), EndSession{id, "ended by its client"},
                  [exchange](const Result<SessionEnded>& ended) {
                      // One that is not there is as gone as it could be.
                      const bool is_gone = ended || ended.error().code == ErrorCode::not_found;
                      exchange->respond(is_gone ? bool_answer(true) : error_answer(ended.error()));
                  });
    return {};
}

Result<void> renew(const ConsulCall& call) {
    TRY_AS(const auto id, id_of(call));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(
        call.tenant(), RenewSession{id},
        [exchange, id, options = call.shared_options()](const Result<SessionView>& session) {
            if (session) {
                const SessionView one[] = {*session};
                return exchange->respond(json_answer(sessions_json(one, *options)));
            }
            if (session.error().code != ErrorCode::not_found) {
                return exchange->respond(error_answer(session.error()));
            }
            exchange->respond(
                text_answer(404, fmt::format("Session id '{}' not found", id.text())));
        });
    return {};
}

ReadAnswer answer_of(uint64_t index, std::string body) {
    ReadAnswer answer;
    answer.index = index;
    answer.head = json_answer({});
    answer.body = std::make_shared<const std::string>(std::move(body));
    return answer;
}

Result<void> show(const ConsulCall& call) {
    TRY_AS(const auto id, id_of(call));
    ReadSpec spec;
    spec.target = {WatchKind::session, id.text()};
    spec.key = "session " + id.text();
    spec.evaluate = [id, options = call.shared_options()](
                        std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant) {
        return at_once([=]() -> Result<ReadAnswer> {
            TRY_AS(const auto session, signalbox::read_session(*snapshot, tenant, id));
            TRY_AS(const auto index, read_index(*snapshot, tenant, IndexScope::sessions));
            if (!session) return answer_of(index, "[]");
            const SessionView one[] = {*session};
            return answer_of(session->create_index, sessions_json(one, *options));
        });
    };
    return read(call, std::move(spec));
}

// All of them, or those of one node.
Result<void> list(const ConsulCall& call, std::optional<std::string> node) {
    ReadSpec spec;
    spec.target = {WatchKind::sessions, {}};
    spec.key = node ? "sessions of " + *node : "sessions";
    spec.is_lengthy = true;
    spec.evaluate = [node, options = call.shared_options()](
                        std::shared_ptr<const StoreSnapshot> snapshot, TenantId tenant) {
        return at_once([=]() -> Result<ReadAnswer> {
            TRY_AS(auto sessions, read_sessions(*snapshot, tenant));
            TRY_AS(const auto index, read_index(*snapshot, tenant, IndexScope::sessions));
            if (node) {
                std::erase_if(sessions, [&](const auto& session) {
                    return session.terms.node != *node;
                });
            }
            return answer_of(index, sessions_json(sessions, *options));
        });
    };
    return read(call, std::move(spec));
}

Result<void> list_all(const ConsulCall& call) {
    return list(call, std::nullopt);
}

Result<void> list_of_node(const ConsulCall& call) {
    return list(call, call.node_of(call.path("node")));
}

}  // namespace

void add_session_routes(RouteTable& routes) {
    routes.add(HttpMethod::put, "/session/create", create);
    routes.add(HttpMethod::put, "/session/destroy/:session", destroy);
    routes.add(HttpMethod::put, "/session/renew/:session", renew);
    routes.add(HttpMethod::get, "/session/info/:session", show);
    routes.add(HttpMethod::get, "/session/list", list_all);
    routes.add(HttpMethod::get, "/session/node/:node", list_of_node);
}

}  // namespace signalbox::consul
