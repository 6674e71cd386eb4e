#include "documents.h"
#include "endpoint.h"
#include "problems.h"
#include "signalbox/client/client.h"
#include "text.h"
#include "try.h"

namespace signalbox::client {
namespace {

constexpr int not_found = 404;
constexpr int conflict = 409;

std::string path_of(const std::string& uuid, std::string_view rest = {}) {
    return "/api/v1/tickets/" + percent_encode(uuid) + std::string(rest);
}

std::string target_of(const TicketFilter& filter) {
    std::string target = "/api/v1/tickets?limit=" + std::to_string(filter.page_items);
    const auto add = [&](std::string_view name, const std::string& value) {
        target += '&';
        target += name;
        target += '=';
        target += percent_encode(value);
    };
    if (filter.server) add("server_uuid", *filter.server);
    if (filter.scope) add("scope", *filter.scope);
    if (filter.id) add("id", *filter.id);
    std::string statuses;
    for (const auto status : filter.statuses) {
        if (!statuses.empty()) statuses += ',';
        statuses += name_of(status);
    }
    if (!statuses.empty()) add("status", statuses);
    if (filter.newest_first) add("order", "desc");
    return target;
}

}  // namespace

Client::Client(Options options) : endpoint_(std::make_shared<Endpoint>(std::move(options))) {}

const Options& Client::options() const {
    return endpoint_->options();
}

Result<CreatedTicket> Client::create_ticket(const TicketRequest& request,
                                            const CallOptions& call) const {
    const auto key =
        request.idempotency_key.empty() ? make_idempotency_key() : request.idempotency_key;
    TRY_AS(auto body, write_ticket_request(request));
    auto outcome = endpoint_->call({.method = "POST",
                                    .target = "/api/v1/tickets",
                                    .fields = {"Idempotency-Key: " + key},
                                    .body = std::move(body)},
                                   Repeat::always, call);
    TRY_AS(const auto answer, std::move(outcome.answer));
    TRY_AS(auto created, read_created_ticket(answer.body));
    created.replayed = answer.status != 201;
    return created;
}

Result<Ticket> Client::get_ticket(const std::string& uuid, const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = path_of(uuid)}, Repeat::always, call).answer);
    return read_ticket(answer.body);
}

// In pieces that are short enough for whatever stands between client and server.
Result<Ticket> Client::wait_ticket(const std::string& uuid, const WaitOptions& options,
                                   const CallOptions& call) const {
    using Clock = std::chrono::steady_clock;
    const auto started = Clock::now();
    Duration piece_max = endpoint_->options().hold_max;
    if (options.on_queued) piece_max = std::min(piece_max, options.interval);
    for (;;) {
        Duration piece = piece_max;
        CallOptions piece_call = call;
        bool is_last = false;
        if (options.timeout) {
            const auto passed = std::chrono::floor<Duration>(Clock::now() - started);
            const auto left = std::max(*options.timeout - passed, Duration::zero());
            is_last = left <= piece;
            piece = std::min(piece, left);
            // Nobody who gave a time wants to try for longer.
            piece_call.retry_for =
                std::min(call.retry_for.value_or(endpoint_->options().retry_for), left);
        }
        const auto target = path_of(uuid, "/wait?timeout=") + format_duration(piece);
        TRY_AS(const auto answer,
               endpoint_->call({.target = target}, Repeat::always, piece_call, piece).answer);
        TRY_AS(auto ticket, read_ticket(answer.body));
        if (ticket.status != TicketStatus::queued || is_last) return ticket;
        if (options.on_queued) options.on_queued(ticket);
    }
}

Result<Ticket> Client::renew_ticket(const std::string& uuid, const Renewal& renewal,
                                    const CallOptions& call) const {
    TRY_AS(auto body, write_renewal(renewal));
    TRY_AS(const auto answer,
           endpoint_
               ->call({.method = "PUT", .target = path_of(uuid), .body = std::move(body)},
                      Repeat::always, call)
               .answer);
    return read_ticket(answer.body);
}

Result<Ticket> Client::release_ticket(const std::string& uuid, const Release& release,
                                      const CallOptions& call) const {
    TRY_AS(auto body, write_release(release));
    TRY_AS(
        const auto answer,
        endpoint_
            ->call({.method = "POST", .target = path_of(uuid, "/release"), .body = std::move(body)},
                   Repeat::always, call)
            .answer);
    return read_ticket(answer.body);
}

Result<void> Client::delete_ticket(const std::string& uuid, const std::string& reason,
                                   const CallOptions& call) const {
    std::string target = path_of(uuid);
    if (!reason.empty()) target += "?reason=" + percent_encode(reason);
    const auto outcome =
        endpoint_->call({.method = "DELETE", .target = target}, Repeat::always, call);
    if (outcome.answer) return {};
    // What an attempt that got no answer has deleted, the next one did not find.
    if (outcome.may_be_second && outcome.answer.error().status == not_found) return {};
    return tl::unexpected(outcome.answer.error());
}

Result<TokenCheck> Client::check_token(const std::string& uuid, uint64_t token,
                                       const CallOptions& call) const {
    const auto target = path_of(uuid, "/check?token=") + std::to_string(token);
    const auto answer = endpoint_->call({.target = target}, Repeat::always, call).answer;
    if (answer) return TokenCheck{true, {}};
    if (answer.error().status == conflict) return TokenCheck{false, answer.error().text()};
    return tl::unexpected(answer.error());
}

Result<TicketHistory> Client::ticket_history(const std::string& uuid,
                                             const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = path_of(uuid, "/history")}, Repeat::always, call).answer);
    return read_ticket_history(answer.body);
}

Pager<Ticket> Client::list_tickets(const TicketFilter& filter, const CallOptions& call) const {
    return Pager<Ticket>([endpoint = endpoint_, first = target_of(filter),
                          call](const std::string& place) -> Result<Page<Ticket>> {
        TRY_AS(
            const auto answer,
            endpoint->call({.target = place.empty() ? first : place}, Repeat::always, call).answer);
        return read_ticket_page(answer.body);
    });
}

Result<std::vector<Deadlock>> Client::deadlocks(const CallOptions& call) const {
    TRY_AS(const auto answer,
           endpoint_->call({.target = "/api/v1/tickets/deadlocks"}, Repeat::always, call).answer);
    return read_deadlocks(answer.body);
}

}  // namespace signalbox::client
