#include "dialect/triton/triton_routes.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/checksum.h"
#include "dialect/list_tickets.h"
#include "dialect/ticket_json.h"
#include "dialect/triton/triton_call.h"

namespace signalbox::triton {
namespace {

constexpr size_t list_limit_max = 1000;
constexpr size_t queue_views_max = 1000;
constexpr std::string_view literal_wait = "&wait=true";

// Which of the two sets of paths a request came by; they differ in names and statuses only.
enum class Generation : uint8_t { tickets, waitlist };

class Tickets {
public:
    explicit Tickets(Options options) : options_(std::move(options)) {}

    void create(const RestCall& call, Generation generation) const;
    void list(const RestCall& call, Generation generation) const;
    void clear(const RestCall& call) const;
    void show(const RestCall& call) const;
    void wait(const RestCall& call) const;
    void release(const RestCall& call) const;
    void remove(const RestCall& call) const;
    void show_in_waitlist(const RestCall& call) const;
    void remove_from_waitlist(const RestCall& call) const;
    void servers(const RestCall& call) const;
    void ping(const RestCall& call) const;

    void answer(const ExchangePtr& exchange, HttpResponse response) const {
        respond(exchange, std::move(response), options_.hostname);
    }
    void refuse(const ExchangePtr& exchange, const RestError& error) const {
        answer(exchange, render(error));
    }

private:
    RestResult<ServerId> server_of(const RestCall& call) const;
    static RestResult<Uuid> ticket_of(const std::string& text);
    RestResult<CreateTicket> read_create(const RestCall& call, ServerId server) const;
    RestResult<TicketListing::Request> read_list(const RestCall& call, ServerId server) const;
    void list_line(const RestCall& call, Resource resource) const;

    template <class Body, class Then>
    void ask(const RestCall& call, Body body, Then then) const;
    // A waitlist's ticket is found under its own server only.
    template <class Then>
    void find_on_server(const RestCall& call, ServerId server, const Uuid& uuid, Then then) const;
    using Granted = HttpResponse (*)(const TicketView&);
    void wait_for(const ExchangePtr& exchange, const std::string& tenant, const Uuid& uuid,
                  Granted granted) const;

    const Options options_;
};

HttpResponse empty(uint16_t status) {
    HttpResponse response;
    response.status = status;
    return response;
}

HttpResponse json(uint16_t status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

std::string ticket_text(const TicketView& view, Generation generation) {
    std::string body;
    JsonWriter writer(body);
    write_triton_ticket(writer, view);
    if (generation == Generation::waitlist) {
        body.insert(1, R"("ticket_uuid":")" + view.record.uuid.text() + R"(",)");
    }
    return body;
}

std::string tickets_text(const std::vector<TicketView>& views, Generation generation) {
    std::string body = "[";
    for (const auto& view : views) {
        if (body.size() > 1) body += ',';
        body += ticket_text(view, generation);
    }
    body += ']';
    return body;
}

template <class Body, class Then>
void Tickets::ask(const RestCall& call, Body body, Then then) const {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(body), [this, exchange, then](auto result) {
        if (!result) return refuse(exchange, rest_error(result.error()));
        answer(exchange, then(*result));
    });
}

RestResult<ServerId> Tickets::server_of(const RestCall& call) const {
    const auto server = ServerId::parse(call.path_parameter("server"));
    if (!server) return tl::unexpected(invalid_argument("Invalid server_uuid"));
    if (server->is_named && !options_.servers.empty() && !options_.servers.contains(server->uuid)) {
        return tl::unexpected(
            resource_not_found(fmt::format("Server {} not found", server->text())));
    }
    return *server;
}

RestResult<Uuid> Tickets::ticket_of(const std::string& text) {
    const auto uuid = Uuid::parse(text);
    if (!uuid) return tl::unexpected(invalid_argument("Invalid ticket uuid"));
    return *uuid;
}

// Reports every field that is wrong, not only the first.
RestResult<CreateTicket> Tickets::read_create(const RestCall& call, ServerId server) const {
    CreateTicket command;
    std::vector<RestError::Field> wrong;
    const auto text = [&](std::initializer_list<std::string_view> names,
                          bool required) -> std::optional<std::string> {
        for (const auto name : names) {
            const auto value = call.parameter(name);
            if (!value) continue;
            if (value->is_text) return value->text;
            wrong.push_back({std::string(name), "must be a string"});
            return std::nullopt;
        }
        if (required) wrong.push_back({std::string(*names.begin()), "is a required parameter"});
        return std::nullopt;
    };
    command.resource.server = server;
    command.resource.scope = text({"scope"}, true).value_or("");
    command.resource.id = text({"id", "uid"}, true).value_or("");
    command.fields.action = text({"action"}, false);
    command.fields.owner = text({"owner"}, false);
    command.fields.reqid = text({"req_id"}, false);
    // CNAPI means to keep the request's id here, but looks for it under another name.
    if (!command.fields.reqid && call.request().field("x-request-id")) {
        command.fields.reqid = call.exchange()->request_id();
    }
    if (const auto ttl = text({"ttl"}, false)) {
        const auto span = parse_duration(*ttl);
        if (span && span->count() > 0) {
            command.fields.ttl = *span;
        } else {
            wrong.push_back({"ttl", "must be a duration such as 30s or 1h30m"});
        }
    }
    const bool is_waitlist = call.request().path.find("/waitlist") != std::string_view::npos;
    const bool expiry_needed = !is_waitlist && command.fields.ttl.count() == 0;
    if (const auto expires = text({"expires_at", "expires"}, expiry_needed);
        expires && command.fields.ttl.count() == 0) {
        if (const auto at = parse_instant(*expires)) {
            command.expires_at = *at;
            command.fields.expires_text = *expires;
        } else {
            wrong.push_back({"expires_at", at.error().message});
        }
    }
    if (const auto extra = call.parameter("extra")) {
        if (extra->is_object) {
            command.fields.extra = extra->json;
        } else {
            wrong.push_back({"extra", "must be an object"});
        }
    }
    if (!wrong.empty()) return tl::unexpected(invalid_parameters(std::move(wrong)));
    if (const auto key = call.request().field("idempotency-key")) {
        command.idempotency_key = *key;
        command.request_digest = checksum(call.request().body, checksum(call.request().target));
    }
    command.queue_views_max = queue_views_max;
    return command;
}

void Tickets::create(const RestCall& call, Generation generation) const {
    const auto server = server_of(call);
    if (!server) return refuse(call.exchange(), server.error());
    auto command = read_create(call, *server);
    if (!command) return refuse(call.exchange(), command.error());
    ask(call, std::move(*command), [generation](const TicketCreated& created) {
        const auto uuid = created.ticket.record.uuid.text();
        std::string body = "{";
        if (generation == Generation::waitlist) body += R"("ticket_uuid":")" + uuid + R"(",)";
        body += R"("uuid":")" + uuid + R"(","queue":)";
        body += tickets_text(created.queue, Generation::tickets);
        body += '}';
        return json(generation == Generation::waitlist ? 200 : 202, std::move(body));
    });
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `limit` or `offset` of the query, into `number`; what is wrong with it goes to `wrong`, once.
void read_page_number(const RestCall& call, const std::string& name, const std::string& value,
                      size_t& number, std::vector<RestError::Field>& wrong) {
    const size_t least = name == "limit" ? 1 : 0;
    if (call.query_count(name) == 1 && is_digits(value) && value.size() <= 15) {
        number = static_cast<size_t>(std::stoull(value));
        if (number >= least) return;
    }
    const auto named = [&](const auto& field) { return field.field == name; };
    if (std::any_of(wrong.begin(), wrong.end(), named)) return;
    wrong.push_back({name, fmt::format("must be a number of at least {}, once", least)});
}

RestResult<TicketListing::Request> Tickets::read_list(const RestCall& call, ServerId server) const {
    TicketListing::Request request;
    request.filter.server = server;
    request.limit = list_limit_max;
    std::vector<RestError::Field> wrong;
    for (const auto& [name, value] : call.query()) {
        if (name == "limit") {
            read_page_number(call, name, value, request.limit, wrong);
            if (request.limit > list_limit_max) {
                return tl::unexpected(invalid_argument("limit must be less than 1000"));
            }
        } else if (name == "offset") {
            read_page_number(call, name, value, request.offset, wrong);
        } else if (name == "scope") {
            request.filter.scope = value;
        } else if (name == "id" || name == "uid") {
            request.filter.id = value;
        } else if (name == "status") {
            const auto status = parse_ticket_status(value);
            if (status && *status != TicketStatus::deleted) {
                request.filter.statuses.push_back(*status);
            } else {
                wrong.push_back({name, "must be queued, active, finished or expired"});
            }
        } else if (name == "order" || name == "attribute") {
            if (value.empty() || value.front() == ' ' || value.back() == ' ') {
                wrong.push_back({name, "must be a word"});
            }
            // CNAPI takes both and ignores them; the direction is easily honoured.
            if (name == "order" && (value == "DESC" || value == "desc")) {
                request.order = ScanOrder::descending;
            }
        } else {
            return tl::unexpected(
                invalid_argument(name + " is not an explicitly defined parameter"));
        }
    }
    if (!wrong.empty()) return tl::unexpected(invalid_parameters(std::move(wrong)));
    return request;
}

void Tickets::list(const RestCall& call, Generation generation) const {
    const auto server = server_of(call);
    if (!server) return refuse(call.exchange(), server.error());
    auto request = read_list(call, *server);
    if (!request) return refuse(call.exchange(), request.error());
    const auto& filter = request->filter;
    if (generation == Generation::waitlist && filter.scope && filter.id &&
        filter.statuses.empty()) {
        return list_line(call, {*server, *filter.scope, *filter.id});
    }
    const ExchangePtr exchange = call.exchange();
    list_tickets(exchange, call.tenant(), std::move(*request),
                 [this, exchange, generation](Result<TicketListing*> listing) {
                     if (!listing) return refuse(exchange, rest_error(listing.error()));
                     answer(exchange, json(200, tickets_text((*listing)->tickets(), generation)));
                 });
}

// The sketch says of a scope and an id that the active tickets are shown: those of the line.
void Tickets::list_line(const RestCall& call, Resource resource) const {
    ask(call, ListLineTickets{std::move(resource), list_limit_max, 0}, [](const TicketList& list) {
        return json(200, tickets_text(list.tickets, Generation::waitlist));
    });
}

void Tickets::clear(const RestCall& call) const {
    const auto server = server_of(call);
    if (!server) return refuse(call.exchange(), server.error());
    const auto force = call.parameter("force");
    if (!force || !force->is_text || force->text != "true") {
        return refuse(call.exchange(), {412,
                                        "PreconditionFailed",
                                        "Will not delete all tickets without ?force=true",
                                        {},
                                        false});
    }
    ask(call, ClearServer{*server}, [](const ServerCleared&) { return empty(204); });
}

void Tickets::show(const RestCall& call) const {
    const auto uuid = ticket_of(call.path_parameter("ticket"));
    if (!uuid) return refuse(call.exchange(), uuid.error());
    ask(call, GetTicket{*uuid},
        [](const TicketView& view) { return json(200, ticket_text(view, Generation::tickets)); });
}

void Tickets::wait_for(const ExchangePtr& exchange, const std::string& tenant, const Uuid& uuid,
                       Granted granted) const {
    exchange->ask(
        tenant, WaitTicket{uuid, std::nullopt},
        [this, exchange, uuid, granted](Result<WaitOutcome> outcome) {
            if (!outcome) {
                auto error = rest_error(outcome.error());
                if (outcome.error().code == ErrorCode::not_found) {
                    error.message = "no such ticket " + uuid.text();
                }
                return refuse(exchange, error);
            }
            const TicketRecord& record = outcome->ticket.record;
            switch (record.status) {
                case TicketStatus::active: {
                    auto response = granted(outcome->ticket);
                    response.fields.emplace_back("x-ticket-token",
                                                 std::to_string(record.token.value));
                    return answer(exchange, std::move(response));
                }
                case TicketStatus::expired:
                    return refuse(exchange, {500,
                                             "InternalError",
                                             outcome->waited
                                                 ? std::string("ticket has expired")
                                                 : fmt::format("ticket {} is expired", uuid.text()),
                                             {},
                                             false});
                // CNAPI never answers here. 204 would say that the ticket is held, so it is an
                // error.
                case TicketStatus::finished:
                    return refuse(exchange, {409,
                                             "Conflict",
                                             fmt::format("ticket {} is finished", uuid.text()),
                                             {},
                                             false});
                case TicketStatus::queued:
                case TicketStatus::deleted: break;
            }
            refuse(exchange,
                   rest_error({ErrorCode::internal, "a wait ended without a reason", {}}));
        });
}

void Tickets::wait(const RestCall& call) const {
    const auto uuid = ticket_of(call.path_parameter("ticket"));
    if (!uuid) return refuse(call.exchange(), uuid.error());
    wait_for(call.exchange(), call.tenant(), *uuid, [](const TicketView&) { return empty(204); });
}

void Tickets::release(const RestCall& call) const {
    const auto uuid = ticket_of(call.path_parameter("ticket"));
    if (!uuid) return refuse(call.exchange(), uuid.error());
    ReleaseTicket command;
    command.uuid = *uuid;
    ask(call, std::move(command), [](const TicketView&) { return empty(204); });
}

void Tickets::remove(const RestCall& call) const {
    const auto uuid = ticket_of(call.path_parameter("ticket"));
    if (!uuid) return refuse(call.exchange(), uuid.error());
    ask(call, DeleteTicket{*uuid, {}}, [](const TicketView&) { return empty(204); });
}

template <class Then>
void Tickets::find_on_server(const RestCall& call, ServerId server, const Uuid& uuid,
                             Then then) const {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), GetTicket{uuid},
                  [this, exchange, server, uuid, then](Result<TicketView> view) {
                      if (!view) return refuse(exchange, rest_error(view.error()));
                      if (view->record.line->resource.server != server) {
                          return refuse(exchange, resource_not_found(fmt::format(
                                                      "ticket {} not found", uuid.text())));
                      }
                      then(*view);
                  });
}

// The sketch writes "/:ticket&wait=true", as if a query had begun before; taken literally, and
// with a question mark too.
void Tickets::show_in_waitlist(const RestCall& call) const {
    const auto server = server_of(call);
    if (!server) return refuse(call.exchange(), server.error());
    std::string name = call.path_parameter("ticket");
    bool wait = false;
    if (name.ends_with(literal_wait)) {
        name.resize(name.size() - literal_wait.size());
        wait = true;
    }
    if (const auto given = call.parameter("wait")) wait = wait || given->text == "true";
    const auto uuid = ticket_of(name);
    if (!uuid) return refuse(call.exchange(), uuid.error());
    constexpr Granted rendered = [](const TicketView& view) {
        return json(200, ticket_text(view, Generation::waitlist));
    };
    find_on_server(
        call, *server, *uuid,
        [this, exchange = call.exchange(), tenant = call.tenant(), wait](const TicketView& view) {
            if (wait) return wait_for(exchange, tenant, view.record.uuid, rendered);
            answer(exchange, rendered(view));
        });
}

void Tickets::remove_from_waitlist(const RestCall& call) const {
    const auto server = server_of(call);
    if (!server) return refuse(call.exchange(), server.error());
    const auto uuid = ticket_of(call.path_parameter("ticket"));
    if (!uuid) return refuse(call.exchange(), uuid.error());
    find_on_server(
        call, *server, *uuid,
        [this, exchange = call.exchange(), tenant = call.tenant()](const TicketView& view) {
            exchange->ask(tenant, DeleteTicket{view.record.uuid, {}},
                          [this, exchange](Result<TicketView> deleted) {
                              if (!deleted) return refuse(exchange, rest_error(deleted.error()));
                              answer(exchange, empty(202));
                          });
        });
}

// Enough of the inventory for clients that look for a server to work with.
void Tickets::servers(const RestCall& call) const {
    const auto given = call.parameter("headnode");
    std::vector<Uuid> known{options_.headnode};
    if (!given || given->text != "true") {
        std::copy_if(options_.servers.begin(), options_.servers.end(), std::back_inserter(known),
                     [&](const Uuid& uuid) { return uuid != options_.headnode; });
    }
    size_t limit = list_limit_max;
    size_t offset = 0;
    std::vector<RestError::Field> wrong;
    for (const auto& [name, value] : call.query()) {
        if (name == "limit") read_page_number(call, name, value, limit, wrong);
        if (name == "offset") read_page_number(call, name, value, offset, wrong);
    }
    if (!wrong.empty()) {
        return refuse(call.exchange(), invalid_parameters(std::move(wrong)));
    }
    const auto now = format_instant(call.exchange()->frontend().now().wall);
    std::string body;
    JsonWriter writer(body);
    writer.begin_array();
    for (size_t i = offset; i < known.size() && i - offset < limit; ++i) {
        const bool is_headnode = i == 0;
        writer.begin_object();
        writer.member("uuid", known[i].text());
        writer.member("hostname", is_headnode ? options_.hostname : known[i].text());
        writer.member("headnode", is_headnode);
        writer.member("setup", true);
        writer.member("status", "running");
        writer.member("last_heartbeat", now);
        writer.end_object();
    }
    writer.end_array();
    answer(call.exchange(), json(200, std::move(body)));
}

void Tickets::ping(const RestCall& call) const {
    answer(call.exchange(), json(200, R"({"ready":true})"));
}

}  // namespace

void add_routes(Router& router, const Options& options) {
    const auto tickets = std::make_shared<const Tickets>(options);
    const auto add = [&](HttpMethod method, std::string_view pattern, auto handle) {
        router.add(Dialect::triton, method, pattern, [tickets, handle](Call& call) {
            const auto rest = RestCall::of(call);
            if (rest) return handle(*tickets, *rest);
            // A refusal by the framework, before any route's own headers.
            if (rest.error().status == 406) return call.exchange->respond(render(rest.error()));
            tickets->refuse(call.exchange, rest.error());
        });
    };
    using T = const Tickets&;
    using C = const RestCall&;
    add(HttpMethod::post, "/servers/:server/tickets",
        [](T t, C c) { t.create(c, Generation::tickets); });
    add(HttpMethod::get, "/servers/:server/tickets",
        [](T t, C c) { t.list(c, Generation::tickets); });
    add(HttpMethod::erase, "/servers/:server/tickets", [](T t, C c) { t.clear(c); });
    add(HttpMethod::get, "/tickets/:ticket", [](T t, C c) { t.show(c); });
    add(HttpMethod::erase, "/tickets/:ticket", [](T t, C c) { t.remove(c); });
    add(HttpMethod::get, "/tickets/:ticket/wait", [](T t, C c) { t.wait(c); });
    add(HttpMethod::put, "/tickets/:ticket/release", [](T t, C c) { t.release(c); });
    add(HttpMethod::post, "/servers/:server/waitlist",
        [](T t, C c) { t.create(c, Generation::waitlist); });
    add(HttpMethod::get, "/servers/:server/waitlist",
        [](T t, C c) { t.list(c, Generation::waitlist); });
    add(HttpMethod::get, "/servers/:server/waitlist/:ticket",
        [](T t, C c) { t.show_in_waitlist(c); });
    add(HttpMethod::erase, "/servers/:server/waitlist/:ticket",
        [](T t, C c) { t.remove_from_waitlist(c); });
    add(HttpMethod::get, "/servers", [](T t, C c) { t.servers(c); });
    add(HttpMethod::get, "/ping", [](T t, C c) { t.ping(c); });
    for (const auto* segment : {"servers", "tickets", "ping"}) {
        router.add_faults(Dialect::triton, segment, route_error);
    }
}

}  // namespace signalbox::triton
