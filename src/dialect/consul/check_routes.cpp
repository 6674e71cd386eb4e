#include "dialect/consul/consul_answer.h"
#include "dialect/consul/consul_routes.h"
#include "dialect/consul/registration_input.h"

// /v1/agent/check: registering checks, and saying how they are. Ids may have slashes, so they are
// the rest of the path. Old clients say GET where they mean PUT.

namespace signalbox::consul {
namespace {

Result<void> add(const ConsulCall& call) {
    TRY_AS(const auto document, call.json(""));
    TRY_AS(auto command, read_agent_check(document.root()));
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), std::move(command), [exchange](const Result<Registered>& done) {
        exchange->respond(done ? empty_answer() : error_answer(done.error()));
    });
    return {};
}

Result<void> remove(const ConsulCall& call) {
    const std::string id = call.path("id");
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(), Deregister{{}, std::nullopt, id},
                  [exchange, id](const Result<Deregistered>& done) {
                      if (!done) return exchange->respond(error_answer(done.error()));
                      exchange->respond(done->existed
                                            ? empty_answer()
                                            : text_answer(404, "Unknown check ID \"" + id + "\""));
                  });
    return {};
}

void update(const ConsulCall& call, CheckStatus status, std::string output) {
    const ExchangePtr exchange = call.exchange();
    exchange->ask(call.tenant(),
                  UpdateCheck{{}, call.path("id"), status, std::move(output), std::nullopt},
                  [exchange](const Result<CheckUpdated>& done) {
                      exchange->respond(done ? empty_answer() : error_answer(done.error()));
                  });
}

template <CheckStatus status>
Result<void> tell(const ConsulCall& call) {
    update(call, status, call.text("note").value_or(""));
    return {};
}

Result<void> tell_both(const ConsulCall& call) {
    TRY_AS(const auto document, call.json(""));
    TRY_AS(auto members, Members::of(document.root()));
    TRY_AS(const auto status_text, members.text("Status"));
    TRY_AS(const auto output, members.text("Output"));
    TRY(members.only_known());
    TRY_AS(const auto status, parse_status(status_text.value_or("")));
    update(call, status, output.value_or(""));
    return {};
}

}  // namespace

void add_check_routes(RouteTable& routes) {
    routes.add(HttpMethod::put, "/agent/check/register", add);
    routes.add(HttpMethod::put, "/agent/check/update/*id", tell_both);
    for (const auto method : {HttpMethod::put, HttpMethod::get}) {
        const auto access = Access::change;
        routes.add(method, "/agent/check/pass/*id", tell<CheckStatus::passing>, access);
        routes.add(method, "/agent/check/warn/*id", tell<CheckStatus::warning>, access);
        routes.add(method, "/agent/check/fail/*id", tell<CheckStatus::critical>, access);
        routes.add(method, "/agent/check/deregister/*id", remove, access);
    }
}

}  // namespace signalbox::consul
