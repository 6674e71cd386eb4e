#include <fmt/format.h>

#include "dialect/zaqar/message_commands.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_routes.h"

// Claims on the messages of queues.

namespace signalbox::zaqar {
namespace {

Checked<void> create(const ZaqarCall& call) {
    const auto given = call.integer("limit");
    if (!given) return refuse(given.error());
    const auto times = read_claim_times(call.request().body, call.limits());
    if (!times) return refuse(times.error());
    if (auto checked = check_claim_ttl(times->ttl, call.limits()); !checked) return checked;
    const auto limit = check_claim_limit(*given, call.limits());
    if (!limit) return refuse(limit.error());
    if (auto checked = check_claim_grace(times->grace, call.limits()); !checked) return checked;
    auto command = claiming(call.queue(), *limit, *times);
    MessageForm form{call.queue_path(), call.options().checksum};
    ask(call, std::move(command), [form = std::move(form)](const MessagesClaimed& claimed) {
        if (!claimed.claim) return empty_response(204);
        std::string body = R"({"messages":[)";
        append_messages(body, form, claimed.messages);
        body += "]}";
        auto response = json_response(201, std::move(body));
        response.fields.emplace_back("Location",
                                     form.queue_path + "/claims/" + claimed.claim->text());
        return response;
    });
    return {};
}

Checked<void> show(const ZaqarCall& call) {
    const auto& text = call.path_parameter("claim");
    const auto none = no_such_claim(call.queue(), call.project(), text);
    const auto id = ClaimId::parse(text);
    if (!id) return refuse(none);
    MessageForm form{call.queue_path(), call.options().checksum};
    ask(
        call, GetClaim{call.queue(), *id},
        [form = std::move(form)](const ClaimView& claim) {
            std::string body =
                fmt::format(R"({{"age":{},"ttl":{},"href":"{}/claims/{}","messages":[)",
                            whole_seconds(claim.age), whole_seconds(claim.ttl), form.queue_path,
                            claim.id.text());
            append_messages(body, form, claim.messages);
            body += "]}";
            return json_response(200, std::move(body));
        },
        [none](const Error& error) {
            return error.code == ErrorCode::not_found ? none : fault_of(error);
        });
    return {};
}

Checked<void> renew(const ZaqarCall& call) {
    const auto& text = call.path_parameter("claim");
    if (call.request().body.empty()) return refuse(invalid_body("Request body can not be empty"));
    const auto times = read_claim_times(call.request().body, call.limits());
    if (!times) return refuse(times.error());
    if (auto checked = check_claim_ttl(times->ttl, call.limits()); !checked) return checked;
    const auto none = no_such_claim(call.queue(), call.project(), text);
    const auto id = ClaimId::parse(text);
    if (!id) return refuse(none);
    auto command = renewal(call.queue(), *id, *times, call.limits());
    ask(
        call, std::move(command), [](const ClaimView& /*claim*/) { return empty_response(204); },
        [none](const Error& error) {
            return error.code == ErrorCode::not_found ? none : fault_of(error);
        });
    return {};
}

Checked<void> release(const ZaqarCall& call) {
    const auto id = ClaimId::parse(call.path_parameter("claim"));
    if (!id) {
        call.exchange()->respond(empty_response(204));
        return {};
    }
    ReleaseClaim command;
    command.queue = call.queue();
    command.claim = *id;
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.project(), std::move(command), [exchange](Result<ClaimReleased> released) {
        // What is not there any more is released.
        if (!released && released.error().code != ErrorCode::not_found) {
            return exchange->respond(render(fault_of(released.error())));
        }
        exchange->respond(empty_response(204));
    });
    return {};
}

}  // namespace

void add_claim_routes(RouteTable& routes) {
    routes.add(HttpMethod::post, "/queues/:queue/claims", create);
    routes.add(HttpMethod::get, "/queues/:queue/claims/:claim", show);
    routes.add(HttpMethod::patch, "/queues/:queue/claims/:claim", renew);
    routes.add(HttpMethod::erase, "/queues/:queue/claims/:claim", release);
}

}  // namespace signalbox::zaqar
