#pragma once

#include <string>
#include <utility>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "dialect/native/problem.h"
#include "dialect/parameters.h"
#include "dialect/router.h"
#include "dialect/tenant.h"

namespace signalbox::native {

// Runs `handle`, a function of the call that may fail before it has asked the core anything;
// then its error is the answer.
template <class Handle>
Router::Handler handler(Handle handle) {
    return [handle](Call& call) {
        const ExchangePtr exchange = call.exchange;
        const Result<void> begun = handle(call);
        if (!begun) exchange->respond(problem(begun.error()));
    };
}

// The same for routes that have no parameters beside their path: a query is refused by name, so
// that nobody believes that what he wrote there was heeded.
template <class Handle>
Router::Handler plain_handler(Handle handle) {
    return handler([handle](const Call& call) -> Result<void> {
        TRY_AS(const auto query, Parameters::of(call.request.query));
        TRY(query.only_known());
        return handle(call);
    });
}

// Asks the core and answers with render(value), or with the problem that came back.
template <class Body, class Render>
void ask(const Call& call, Body body, Render render) {
    const ExchangePtr exchange = call.exchange;
    exchange->ask(tenant_of(call), std::move(body), [exchange, render](auto answer) {
        if (!answer) return exchange->respond(problem(answer.error()));
        exchange->respond(render(*answer));
    });
}

inline Result<Uuid> uuid_parameter(const Call& call, std::string_view name) {
    return parse_uuid(call.parameter(name), name);
}

// The body as a JSON object; an absent one counts as {}.
inline Result<JsonDocument> parse_body(const Call& call) {
    const auto text = call.request.body.empty() ? std::string_view("{}") : call.request.body;
    auto document = JsonDocument::parse(text);
    if (!document) {
        return fail(document.error().code, document.error().message, "body");
    }
    return document;
}

// A span of time as text ("30s") or as whole seconds.
inline Result<std::optional<Duration>> duration_member(JsonMembers& members,
                                                       std::string_view name) {
    const auto value = members.value(name);
    if (!value) return std::optional<Duration>();
    if (const auto seconds = value->integer(); seconds && *seconds >= 0 && *seconds < INT32_MAX) {
        return std::optional<Duration>(std::chrono::seconds(*seconds));
    }
    if (const auto text = value->text()) {
        if (const auto duration = parse_duration(*text)) return std::optional(*duration);
    }
    return fail(ErrorCode::invalid_argument,
                "must be a duration such as \"30s\", or a number of seconds", members.path(name));
}

}  // namespace signalbox::native
