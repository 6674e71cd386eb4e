#include <fmt/format.h>

#include "dialect/consul/consul_acl.h"
#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/kv_read.h"

// /v1/kv/KEY

namespace signalbox::consul {
namespace {

Result<void> refuse_conflicts(const ConsulCall& call,
                              std::initializer_list<const char*> alternatives) {
    const char* found = nullptr;
    for (const auto* name : alternatives) {
        if (!call.has(name)) continue;
        if (found != nullptr) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("Conflicting flags: {} and {}", found, name), name);
        }
        found = name;
    }
    return {};
}

Error invalid_session(std::string_view session) {
    return {ErrorCode::internal, fmt::format("invalid session \"{}\"", session), "session"};
}

Result<std::optional<Uuid>> session_parameter(const ConsulCall& call, std::string_view name) {
    const auto text = call.text(name);
    if (!text) return std::optional<Uuid>();
    const auto id = Uuid::parse(*text);
    if (!id) return fail(invalid_session(*text));
    return id;
}

Result<void> put(const ConsulCall& call) {
    TRY(refuse_conflicts(call, {"cas", "acquire", "release"}));
    PutKey command;
    command.key = call.path("key");
    TRY(check_key_text(command.key));
    if (command.key.empty()) return fail(ErrorCode::invalid_argument, "Missing key name", "key");
    TRY(check_key_action(call.exchange()->identity(), command.key, "update"));
    TRY_AS(const auto flags, call.number("flags"));
    command.flags = flags.value_or(0);
    TRY_AS(command.cas, call.number("cas"));
    TRY_AS(command.acquire, session_parameter(call, "acquire"));
    TRY_AS(command.release, session_parameter(call, "release"));
    command.value = call.body();
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](Result<KeyWritten> written) {
        if (written) return exchange->respond(bool_answer(written->done));
        // Clients know an unknown session by status and text, not by 404.
        if (written.error().field == "session") written.error().code = ErrorCode::internal;
        exchange->respond(error_answer(written.error()));
    });
    return {};
}

Result<void> erase(const ConsulCall& call) {
    TRY(refuse_conflicts(call, {"recurse", "cas"}));
    DeleteKey command;
    command.key = call.path("key");
    command.is_prefix = call.has("recurse");
    TRY(check_key_text(command.key));
    if (command.key.empty() && !command.is_prefix) {
        return fail(ErrorCode::invalid_argument, "Missing key name", "key");
    }
    const auto& identity = call.exchange()->identity();
    TRY(check_key_action(identity, command.key, "delete"));
    if (command.is_prefix) TRY(check_prefix_action(identity, command.key, "delete"));
    TRY_AS(command.cas, call.number("cas"));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](Result<KeyWritten> deleted) {
        exchange->respond(deleted ? bool_answer(deleted->done) : error_answer(deleted.error()));
    });
    return {};
}

}  // namespace

void add_kv_routes(RouteTable& routes) {
    routes.add(HttpMethod::get, "/kv/*key", read_kv, Access::own);
    routes.add(HttpMethod::put, "/kv/*key", put, Access::own);
    routes.add(HttpMethod::erase, "/kv/*key", erase, Access::own);
}

}  // namespace signalbox::consul
