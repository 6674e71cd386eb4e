#include <fmt/format.h>

#include "codec/url.h"
#include "dialect/native/native_call.h"
#include "dialect/native/native_routes.h"
#include "dialect/ticket_json.h"

// /api/v1/lines: the lines that tickets stand in, and what operators set for them.

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;

Result<Resource> resource_of(const Call& call) {
    Resource resource;
    TRY_AS(resource.server, parse_server(call.parameter("server"), "server_uuid"));
    resource.scope = call.parameter("scope");
    resource.id = call.parameter("id");
    return resource;
}

std::string path_of(const Resource& resource) {
    return fmt::format("{}/{}/{}", resource.server.text(), percent_encode(resource.scope),
                       percent_encode(resource.id));
}

HttpResponse line_response(const LineView& view) {
    std::string body;
    JsonWriter json(body);
    write_line(json, view);
    return json_response(200, std::move(body));
}

Result<void> show(const Call& call) {
    TRY_AS(auto resource, resource_of(call));
    ask(call, GetLine{std::move(resource)}, line_response);
    return {};
}

Result<void> change(const Call& call) {
    SetLine command;
    TRY_AS(command.resource, resource_of(call));
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(const auto slots, members.integer("slots", 0, UINT32_MAX));
    if (slots) command.slots = static_cast<uint32_t>(*slots);
    TRY_AS(command.paused, members.boolean("paused"));
    TRY_AS(command.draining, members.boolean("draining"));
    TRY_AS(command.reason, members.text("reason"));
    TRY(members.only_known());
    ask(call, std::move(command), line_response);
    return {};
}

Result<void> tickets(const Call& call) {
    ListLineTickets command;
    TRY_AS(command.resource, resource_of(call));
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    TRY_AS(const auto offset, query.integer("offset", 0, INT64_MAX));
    TRY(query.only_known());
    command.limit = static_cast<size_t>(limit.value_or(page_limit_default));
    command.offset = static_cast<size_t>(offset.value_or(0));
    ask(call, std::move(command), [](const TicketList& list) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.member("total", list.total);
        json.key("tickets");
        json.begin_array();
        for (const auto& view : list.tickets) write_ticket(json, view);
        json.end_array();
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

// Three names with slashes between them, each encoded.
Result<Resource> parse_place(std::string_view text) {
    const size_t first = text.find('/');
    const size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
    if (second == std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "must come from an earlier answer", "after");
    }
    const auto server = ServerId::parse(text.substr(0, first));
    auto scope = percent_decode(text.substr(first + 1, second - first - 1));
    auto id = percent_decode(text.substr(second + 1));
    if (!server || !scope || !id) {
        return fail(ErrorCode::invalid_argument, "must come from an earlier answer", "after");
    }
    return Resource{*server, std::move(*scope), std::move(*id)};
}

Result<void> list(const Call& call) {
    ListLines command;
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(command.server, query.server("server_uuid"));
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    command.limit = static_cast<size_t>(limit.value_or(page_limit_default));
    if (const auto after = query.text("after")) {
        TRY_AS(command.after, parse_place(*after));
    }
    TRY(query.only_known());
    std::string link = fmt::format("/api/v1/lines?limit={}", command.limit);
    if (command.server) link += "&server_uuid=" + command.server->text();
    ask(call, std::move(command), [link](const LineList& list) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("lines");
        json.begin_array();
        for (const auto& view : list.lines) write_line(json, view);
        json.end_array();
        if (list.more) {
            const auto place = path_of(list.lines.back().key->resource);
            json.member("next", link + "&after=" + percent_encode(place));
        }
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

}  // namespace

void add_line_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::get, "/api/v1/lines", handler(list));
    add(HttpMethod::get, "/api/v1/lines/:server/:scope/:id", plain_handler(show));
    add(HttpMethod::patch, "/api/v1/lines/:server/:scope/:id", plain_handler(change));
    add(HttpMethod::get, "/api/v1/lines/:server/:scope/:id/tickets", handler(tickets));
}

}  // namespace signalbox::native
