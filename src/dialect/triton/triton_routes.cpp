#include "dialect/triton/triton_routes.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/checksum.h"
#include "dialect/list_tickets.h"
#include "dialect/ticket_json.h"
#include "dialect/triton/triton_parameters.h"

namespace signalbox::triton {
namespace {

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
    const auto page = read_page(call);
    if (!page) return refuse(call.exchange(), page.error());
    const auto now = format_instant(call.exchange()->frontend().now().wall);
    std::string body;
    JsonWriter writer(body);
    writer.begin_array();
    for (size_t i = page->offset; i < known.size() && i - page->offset < page->limit; ++i) {
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
    router.set_refusals(Dialect::triton, [](const Error& error, const HttpRequest&) {
        return render(rest_error(error));
    });
    for (const auto* segment : {"servers", "tickets", "ping"}) {
        router.add_faults(Dialect::triton, segment, route_error);
    }
}

}  // namespace signalbox::triton
