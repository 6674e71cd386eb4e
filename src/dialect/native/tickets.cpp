#include <fmt/format.h>

#include "base/bytes.h"
#include "base/checksum.h"
#include "codec/url.h"
#include "core/ticket_topics.h"
#include "dialect/feed_stream.h"
#include "dialect/http_status.h"
#include "dialect/list_tickets.h"
#include "dialect/native/native_call.h"
#include "dialect/native/native_routes.h"
#include "dialect/ticket_json.h"

// /api/v1/tickets: everything that tickets can do, beyond what CNAPI's clients know of.

namespace signalbox::native {
namespace {

constexpr int64_t page_limit_max = 1000;
constexpr int64_t page_limit_default = 100;

std::string ticket_body(const TicketView& view) {
    std::string body;
    JsonWriter json(body);
    write_ticket(json, view);
    return body;
}

HttpResponse ticket_response(const TicketView& view) {
    return json_response(200, ticket_body(view));
}

Result<Resource> read_resource(JsonMembers& members) {
    Resource resource;
    TRY_AS(const auto server, members.text("server_uuid"));
    if (server) {
        TRY_AS(resource.server, parse_server(*server, members.path("server_uuid")));
    }
    TRY_AS(const auto scope, members.text("scope"));
    TRY_AS(const auto id, members.text("id"));
    if (!scope) return fail(ErrorCode::invalid_argument, "is required", members.path("scope"));
    if (!id) return fail(ErrorCode::invalid_argument, "is required", members.path("id"));
    resource.scope = *scope;
    resource.id = *id;
    return resource;
}

// Either one resource in the ticket itself, or a list.
Result<void> read_resources(JsonMembers& members, CreateTicket& command) {
    TRY_AS(const auto list, members.array("resources"));
    if (!list) {
        TRY_AS(command.resource, read_resource(members));
        return {};
    }
    if (list->empty()) {
        return fail(ErrorCode::invalid_argument, "must not be empty", "resources");
    }
    for (size_t i = 0; i < list->size(); ++i) {
        TRY_AS(auto entry, JsonMembers::of((*list)[i], fmt::format("resources[{}].", i)));
        TRY_AS(auto resource, read_resource(entry));
        TRY(entry.only_known());
        if (i == 0) {
            command.resource = std::move(resource);
        } else {
            command.fields.more_resources.push_back(std::move(resource));
        }
    }
    return {};
}

struct Expiry {
    Instant at = never;
    std::string text;
    std::optional<Duration> ttl;
};

Result<Expiry> read_expiry(JsonMembers& members) {
    Expiry expiry;
    TRY_AS(const auto text, members.text("expires_at"));
    TRY_AS(expiry.ttl, duration_member(members, "ttl"));
    if (text && expiry.ttl) {
        return fail(ErrorCode::invalid_argument, "and expires_at exclude each other", "ttl");
    }
    if (expiry.ttl && expiry.ttl->count() <= 0) {
        return fail(ErrorCode::invalid_argument, "must be longer than 0", "ttl");
    }
    if (text) {
        const auto at = parse_instant(*text);
        if (!at) return fail(ErrorCode::invalid_argument, at.error().message, "expires_at");
        expiry.at = *at;
        expiry.text = *text;
    }
    return expiry;
}

Result<CreateTicket> read_create(const HttpRequest& request, JsonMembers& members) {
    CreateTicket command;
    TRY(read_resources(members, command));
    TRY_AS(auto expiry, read_expiry(members));
    command.expires_at = expiry.at;
    command.fields.expires_text = std::move(expiry.text);
    command.fields.ttl = expiry.ttl.value_or(Duration::zero());
    TRY_AS(const auto session, members.text("session"));
    if (session) {
        TRY_AS(command.fields.session, parse_uuid(*session, "session"));
    }
    if (!command.fields.session && !expiry.ttl && command.expires_at == never) {
        return fail(ErrorCode::invalid_argument, "or expires_at or session is required", "ttl");
    }
    TRY_AS(const auto hold_max, duration_member(members, "hold_max"));
    if (hold_max && hold_max->count() <= 0) {
        return fail(ErrorCode::invalid_argument, "must be at least 1ms", "hold_max");
    }
    command.fields.hold_max = hold_max.value_or(Duration::zero());
    TRY_AS(const auto mode_name, members.text("mode"));
    if (mode_name) {
        const auto mode = parse_ticket_mode(*mode_name);
        if (!mode) {
            return fail(ErrorCode::invalid_argument, "must be exclusive or shared", "mode");
        }
        command.mode = *mode;
    }
    TRY_AS(const auto slots, members.integer("slots", 1, UINT32_MAX));
    if (slots) command.fields.slots = static_cast<uint32_t>(*slots);
    TRY_AS(const auto priority, members.integer("priority", INT32_MIN, INT32_MAX));
    command.fields.priority = static_cast<int32_t>(priority.value_or(0));
    TRY_AS(const auto barge, members.boolean("barge"));
    command.barge = barge.value_or(false);
    TRY_AS(command.fields.owner, members.text("owner"));
    TRY_AS(command.fields.action, members.text("action"));
    TRY_AS(command.fields.reqid, members.text("reqid"));
    TRY_AS(const auto extra, members.object("extra"));
    if (extra) command.fields.extra = extra->json();
    TRY(members.only_known());
    if (const auto key = request.field("idempotency-key")) command.idempotency_key = *key;
    command.request_digest = checksum(request.body, checksum(request.path));
    return command;
}

HttpResponse created_response(const TicketView& view, const TicketCreated& created) {
    std::string body = ticket_body(view);
    if (!created.deadlock.empty()) {
        // Behind the last member of the ticket.
        body.pop_back();
        body += R"(,"deadlock":)";
        JsonWriter json(body);
        json.begin_array();
        for (const auto& uuid : created.deadlock) json.value(uuid.text());
        json.end_array();
        body += '}';
    }
    auto response = json_response(created.replayed ? 200 : 201, std::move(body));
    response.fields.emplace_back("Location", "/api/v1/tickets/" + view.record.uuid.text());
    if (created.replayed) response.fields.emplace_back("Idempotent-Replay", "true");
    return response;
}

// With ?wait=30s the answer comes when the ticket is active, has ended, or the time is over; at
// once when it cannot be waited for. It is there then all the same, and 429 or 503 would deny it.
Result<void> create(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto wait, query.duration("wait"));
    TRY(query.only_known());
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(auto command, read_create(call.request, members));
    const ExchangePtr exchange = call.exchange;
    const std::string tenant = tenant_of(call);
    exchange->ask(tenant, std::move(command), [exchange, tenant, wait](auto created) {
        if (!created) return exchange->respond(problem(created.error()));
        const auto& record = created->ticket.record;
        if (!wait || record.status != TicketStatus::queued) {
            return exchange->respond(created_response(created->ticket, *created));
        }
        const auto answer = std::make_shared<TicketCreated>(std::move(*created));
        exchange->ask(tenant, WaitTicket{answer->ticket.record.uuid, wait},
                      [exchange, answer](auto outcome) {
                          const bool is_told = outcome || is_passing(outcome.error().code);
                          if (!is_told) return exchange->respond(problem(outcome.error()));
                          const auto& ticket = outcome ? outcome->ticket : answer->ticket;
                          exchange->respond(created_response(ticket, *answer));
                      });
    });
    return {};
}

Result<void> show(const Call& call) {
    TRY_AS(const auto uuid, uuid_parameter(call, "ticket"));
    ask(call, GetTicket{uuid}, ticket_response);
    return {};
}

// 200 when it is active, 202 when the time was over first, 409 when it ended.
Result<void> wait(const Call& call) {
    TRY_AS(const auto uuid, uuid_parameter(call, "ticket"));
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto timeout, query.duration("timeout"));
    TRY(query.only_known());
    ask(call, WaitTicket{uuid, timeout}, [](const WaitOutcome& outcome) {
        const auto& record = outcome.ticket.record;
        if (record.status == TicketStatus::active) return ticket_response(outcome.ticket);
        if (record.status == TicketStatus::queued) {
            return json_response(202, ticket_body(outcome.ticket));
        }
        return problem(
            {ErrorCode::conflict,
             fmt::format("ticket {} is {}", record.uuid.text(), ticket_status_name(record.status)),
             {}});
    });
    return {};
}

Result<std::optional<FencingToken>> read_token(JsonMembers& members) {
    TRY_AS(const auto token, members.integer("token", 0, INT64_MAX));
    if (!token) return std::optional<FencingToken>();
    return std::optional(FencingToken(static_cast<uint64_t>(*token)));
}

Result<void> renew(const Call& call) {
    RenewTicket command;
    TRY_AS(command.uuid, uuid_parameter(call, "ticket"));
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(auto expiry, read_expiry(members));
    TRY_AS(command.token, read_token(members));
    TRY(members.only_known());
    command.expires_at = expiry.at;
    command.expires_text = std::move(expiry.text);
    command.ttl = expiry.ttl;
    ask(call, std::move(command), ticket_response);
    return {};
}

Result<void> release(const Call& call) {
    ReleaseTicket command;
    TRY_AS(command.uuid, uuid_parameter(call, "ticket"));
    TRY_AS(const auto document, parse_body(call));
    TRY_AS(auto members, JsonMembers::of(document.root()));
    TRY_AS(command.token, read_token(members));
    TRY_AS(const auto force, members.boolean("force"));
    TRY_AS(const auto reason, members.text("reason"));
    TRY(members.only_known());
    command.forced = force.value_or(false);
    command.reason = reason.value_or("");
    if (command.forced && command.reason.empty()) {
        return fail(ErrorCode::invalid_argument, "is required with force", "reason");
    }
    ask(call, std::move(command), ticket_response);
    return {};
}

Result<void> remove(const Call& call) {
    TRY_AS(const auto uuid, uuid_parameter(call, "ticket"));
    TRY_AS(auto query, Parameters::of(call.request.query));
    const auto reason = query.text("reason");
    TRY(query.only_known());
    ask(call, DeleteTicket{uuid, reason.value_or("")}, [](const TicketView&) {
        HttpResponse response;
        response.status = 204;
        return response;
    });
    return {};
}

// For whoever guards the resource: is the holder that shows this token still the holder?
Result<void> check(const Call& call) {
    CheckTicket command;
    TRY_AS(command.uuid, uuid_parameter(call, "ticket"));
    TRY_AS(auto query, Parameters::of(call.request.query));
    TRY_AS(const auto token, query.integer("token", 0, INT64_MAX));
    TRY(query.only_known());
    if (!token) return fail(ErrorCode::invalid_argument, "is required", "token");
    command.token = FencingToken(static_cast<uint64_t>(*token));
    ask(call, command, [](const TicketView& view) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.member("valid", true);
        json.member("token", view.record.token.value);
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

Result<void> history(const Call& call) {
    TRY_AS(const auto uuid, uuid_parameter(call, "ticket"));
    ask(call, GetTicketHistory{uuid}, [](const TicketHistory& history) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("ticket");
        write_ticket(json, history.ticket);
        json.key("transitions");
        json.begin_array();
        for (const auto& entry : history.transitions) {
            json.begin_object();
            json.member("revision", entry.position.revision.value);
            json.member("at", format_instant(entry.at));
            json.member("transition", entry.type);
            json.member("by", entry.by);
            if (!entry.request_id.empty()) json.member("request_id", entry.request_id);
            if (!entry.reason.empty()) json.member("reason", entry.reason);
            if (entry.token.value != 0) json.member("token", entry.token.value);
            if (entry.count > 1) json.member("count", entry.count);
            json.end_object();
        }
        json.end_array();
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

std::string place_text(const TicketListPlace& place) {
    return fmt::format("{}-{}", place.sequence.value, place.server.text());
}

Result<TicketListPlace> parse_place(const std::string& text) {
    const size_t dash = text.find('-');
    TicketListPlace place;
    const auto number = parse_integer(text.substr(0, dash), 0, INT64_MAX, "after");
    const auto server = ServerId::parse(
        dash == std::string::npos ? std::string_view() : std::string_view(text).substr(dash + 1));
    if (!number || !server) {
        return fail(ErrorCode::invalid_argument, "must come from an earlier answer", "after");
    }
    place.sequence = TicketSequence(static_cast<uint64_t>(*number));
    place.server = *server;
    return place;
}

Result<std::vector<TicketStatus>> parse_statuses(std::string_view text) {
    std::vector<TicketStatus> statuses;
    while (!text.empty()) {
        const size_t comma = text.find(',');
        const auto status = parse_ticket_status(text.substr(0, comma));
        if (!status) {
            return fail(ErrorCode::invalid_argument,
                        "must be a list of queued, active, finished, expired, deleted", "status");
        }
        statuses.push_back(*status);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return statuses;
}

// The link to the page behind this one: the same query, but for its place.
std::string next_link(const Call& call, std::string_view place) {
    std::string link(call.request.path);
    link += '?';
    for (const auto& [name, value] : parse_query(call.request.query).value_or(QueryParameters())) {
        if (name == "after") continue;
        link += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    return link + "after=" + percent_encode(place);
}

Result<void> list(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    TicketListing::Request request;
    TRY_AS(request.filter.server, query.server("server_uuid"));
    request.filter.scope = query.text("scope");
    request.filter.id = query.text("id");
    if (const auto statuses = query.text("status")) {
        TRY_AS(request.filter.statuses, parse_statuses(*statuses));
    }
    if (const auto after = query.text("after")) {
        TRY_AS(request.after, parse_place(*after));
    }
    if (const auto order = query.text("order")) {
        if (*order != "asc" && *order != "desc") {
            return fail(ErrorCode::invalid_argument, "must be asc or desc", "order");
        }
        if (*order == "desc") request.order = ScanOrder::descending;
    }
    TRY_AS(const auto limit, query.integer("limit", 1, page_limit_max));
    request.limit = static_cast<size_t>(limit.value_or(page_limit_default));
    TRY(query.only_known());
    const ExchangePtr exchange = call.exchange;
    const auto link = next_link(call, "");
    list_tickets(exchange, tenant_of(call), std::move(request),
                 [exchange, link](Result<TicketListing*> listing) {
                     if (!listing) return exchange->respond(problem(listing.error()));
                     std::string body;
                     JsonWriter json(body);
                     json.begin_object();
                     json.key("tickets");
                     json.begin_array();
                     for (const auto& view : (*listing)->tickets()) write_ticket(json, view);
                     json.end_array();
                     if (const auto& next = (*listing)->next()) {
                         json.member("next", link + percent_encode(place_text(*next)));
                     }
                     json.end_object();
                     exchange->respond(json_response(200, std::move(body)));
                 });
    return {};
}

// What to follow: one ticket, one line, one server, or all.
Result<Topic> read_topic(Parameters& query) {
    TRY_AS(const auto ticket, query.uuid("ticket"));
    TRY_AS(const auto server, query.server("server_uuid"));
    const auto scope = query.text("scope");
    const auto id = query.text("id");
    if (ticket) return ticket_topic(*ticket);
    if (scope.has_value() != id.has_value()) {
        return fail(ErrorCode::invalid_argument, "is required with the other one of scope and id",
                    scope ? "id" : "scope");
    }
    if (scope) return line_topic({server.value_or(ServerId{}), *scope, *id});
    return server ? server_topic(*server) : all_tickets_topic();
}

Result<void> events(const Call& call) {
    TRY_AS(auto query, Parameters::of(call.request.query));
    FeedStream::Request request;
    request.tenant = tenant_of(call);
    TRY_AS(const Topic topic, read_topic(query));
    request.topics = {topic};
    auto cursor = query.text("cursor");
    // What the client saw last wins over where it once began.
    if (const auto last = call.request.field("last-event-id")) cursor = std::string(*last);
    TRY(query.only_known());
    if (cursor && !cursor->empty()) {
        request.after = Cursor::parse(*cursor);
        if (!request.after) {
            return fail(ErrorCode::invalid_argument, "must come from an earlier event", "cursor");
        }
    }
    FeedStream::open(
        call.exchange, std::move(request),
        [](const ExchangePtr& exchange, const Error& error) { exchange->respond(problem(error)); });
    return {};
}

Result<void> deadlocks(const Call& call) {
    ask(call, ListDeadlocks{}, [](const DeadlockList& list) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("deadlocks");
        json.begin_array();
        for (const auto& deadlock : list) {
            json.begin_object();
            json.member("found_at", format_instant(deadlock.found_at));
            json.key("tickets");
            json.begin_array();
            for (const auto& view : deadlock.tickets) write_ticket(json, view);
            json.end_array();
            json.end_object();
        }
        json.end_array();
        json.end_object();
        return json_response(200, std::move(body));
    });
    return {};
}

}  // namespace

void add_ticket_routes(Router& router) {
    const auto add = [&](HttpMethod method, std::string_view pattern, Router::Handler handler) {
        router.add(Dialect::native, method, pattern, std::move(handler));
    };
    add(HttpMethod::post, "/api/v1/tickets", handler(create));
    add(HttpMethod::get, "/api/v1/tickets", handler(list));
    add(HttpMethod::get, "/api/v1/tickets/events", handler(events));
    add(HttpMethod::get, "/api/v1/tickets/deadlocks", plain_handler(deadlocks));
    add(HttpMethod::get, "/api/v1/tickets/:ticket", plain_handler(show));
    add(HttpMethod::put, "/api/v1/tickets/:ticket", plain_handler(renew));
    add(HttpMethod::erase, "/api/v1/tickets/:ticket", handler(remove));
    add(HttpMethod::get, "/api/v1/tickets/:ticket/wait", handler(wait));
    add(HttpMethod::post, "/api/v1/tickets/:ticket/release", plain_handler(release));
    add(HttpMethod::get, "/api/v1/tickets/:ticket/check", handler(check));
    add(HttpMethod::get, "/api/v1/tickets/:ticket/history", plain_handler(history));
}

}  // namespace signalbox::native
