#include <algorithm>

#include <fmt/format.h>

#include "codec/sse.h"
#include "dialect/native/native_call.h"
#include "dialect/native/native_routes.h"

// /api/v1/sessions: the life of a client, by heartbeat or by an open connection.

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;
constexpr Duration grace_default = std::chrono::seconds(5);
constexpr Duration comment_interval = std::chrono::seconds(10);

void write_session(JsonWriter& json, const SessionView& view) {
    json.begin_object();
    json.member("id", view.id.text());
    json.member("name", view.name);
    json.member("ttl", format_duration(view.ttl));
    json.member("grace", format_duration(view.grace));
    json.member("created_at", format_instant(view.created_at));
    json.member("connections", view.connections);
    json.member("tickets", view.tickets);
    json.key("ends_in_ms");
    if (view.ends_in) {
        json.value(view.ends_in->count());
    } else {
        json.null();
    }
    json.end_object();
}

HttpResponse session_response(uint16_t status, const SessionView& view) {
    std::string body;
    JsonWriter json(body);
    write_session(json, view);
    return json_response(status, std::move(body));
}

Duration grace_max(const Call& call) {
    const auto& node = call.exchange->frontend().node();
    return node.partition_of(tenant_of(call)).limits().session.grace_max;
}

Result<void> create(const Call& call) {
    CreateSession command;
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto name, members.text("name"));
    TRY_AS(const auto ttl, duration_member(members, "ttl"));
    TRY_AS(const auto grace, duration_member(members, "grace"));
    TRY(members.only_known());
    if (!ttl) return fail(ErrorCode::invalid_argument, "is required", "ttl");
    command.name = name.value_or("");
    command.ttl = *ttl;
    command.grace = grace.value_or(std::min(grace_default, grace_max(call)));
    ask(call, std::move(command), [](const SessionView& view) {
        auto response = session_response(201, view);
        response.fields.emplace_back("Location", "/api/v1/sessions/" + view.id.text());
        return response;
    });
    return {};
}

Result<void> show(const Call& call) {
    TRY_AS(const auto id, uuid_parameter(call, "session"));
    ask(call, GetSession{id}, [](const SessionView& view) { return session_response(200, view); });
    return {};
}

Result<void> renew(const Call& call) {
    TRY_AS(const auto id, uuid_parameter(call, "session"));
    ask(call, RenewSession{id},
        [](const SessionView& view) { return session_response(200, view); });
    return {};
}

Result<void> end(const Call& call) {
    TRY_AS(const auto id, uuid_parameter(call, "session"));
    ask(call, EndSession{id, "ended by its client"}, [](const SessionEnded&) {
        HttpResponse response;
        response.status = 204;
        return response;
    });
    return {};
}

// The session lives while this answer goes on: events "held" at its begin and "ended" at its
// end, comments in between, so that a broken connection is noticed.
Result<void> connect(const Call& call) {
    TRY_AS(const auto id, uuid_parameter(call, "session"));
    const ExchangePtr exchange = call.exchange;
    const std::string tenant = tenant_of(call);
    // Asked first, so that an unknown session is a 404 and not a stream that ends.
    exchange->ask(tenant, GetSession{id}, [exchange, tenant, id](auto view) {
        if (!view) return exchange->respond(problem(view.error()));
        HttpResponse head;
        head.content_type = std::string(sse_content_type);
        head.fields = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
        exchange->begin_stream(std::move(head));
        const auto send = [exchange](std::string_view name, const std::string& data) {
            std::string text;
            append_sse_event(text, {}, name, data);
            exchange->send(std::make_shared<const std::string>(std::move(text)));
        };
        std::string data;
        JsonWriter json(data);
        write_session(json, *view);
        send("held", data);
        exchange->ask(tenant, HoldSession{id}, [exchange, send](auto ended) {
            std::string reason;
            JsonWriter writer(reason);
            writer.begin_object();
            writer.member("reason", ended ? ended->reason : ended.error().message);
            writer.end_object();
            send("ended", reason);
            exchange->end_stream();
        });
        auto commented_at = std::make_shared<SteadyInstant>(exchange->frontend().now().steady);
        exchange->every_tick([exchange, commented_at] {
            const auto now = exchange->frontend().now().steady;
            // What has not been taken yet does the same service, and must not grow for ever.
            if (now - *commented_at < comment_interval || exchange->backlog() > 0) return;
            *commented_at = now;
            std::string text;
            append_sse_comment(text, "held");
            exchange->send(std::make_shared<const std::string>(std::move(text)));
        });
    });
    return {};
}

Result<void> list(const Call& call) {
    ListSessions command;
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(command.after, query.uuid("after"));
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    TRY(query.only_known());
    command.limit = static_cast<size_t>(limit.value_or(page_limit_default));
    const std::string link = fmt::format("/api/v1/sessions?limit={}&after=", command.limit);
    ask(call, command, [link](const SessionList& list) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("sessions");
        json.begin_array();
        for (const auto& view : list.sessions) write_session(json, view);
        json.end_array();
        if (list.more) json.member("next", link + list.sessions.back().id.text());
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

}  // namespace

void add_session_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::post, "/api/v1/sessions", plain_handler(create));
    add(HttpMethod::get, "/api/v1/sessions", handler(list));
    add(HttpMethod::get, "/api/v1/sessions/:session", plain_handler(show));
    add(HttpMethod::put, "/api/v1/sessions/:session", plain_handler(renew));
    add(HttpMethod::erase, "/api/v1/sessions/:session", plain_handler(end));
    router.add(Dialect::native, HttpMethod::get, "/api/v1/sessions/:session/connection",
               plain_handler(connect), Access::change);
}

}  // namespace signalbox::native
