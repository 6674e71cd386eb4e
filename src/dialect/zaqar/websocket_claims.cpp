#include <fmt/format.h>

#include "dialect/zaqar/message_commands.h"
#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/websocket_call.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_json.h"

// What the WebSocket transport does with claims.

namespace signalbox::zaqar {
namespace {

using Call = WebSocketCall;

Checked<ClaimTimes> claim_times(const Call& call) {
    auto times = read_claim_times(call.request().body(), call.limits());
    if (!times) return times;
    if (auto checked = check_claim_ttl(times->ttl, call.limits()); !checked) {
        return refuse(std::move(checked.error()));
    }
    return times;
}

void refuse_claim(Call& call, const Error& error) {
    const auto text = call.request().text("claim_id").value_or("");
    if (error.code != ErrorCode::not_found) return call.refuse_with(fault_of(error));
    call.refuse_with(no_such_claim(call.queue(), call.project(), text),
                     fmt::format("Claim {} does not exist.", text));
}

std::optional<ClaimId> claim_of(const Call& call) {
    return ClaimId::parse(call.request().text("claim_id").value_or(""));
}

}  // namespace

std::string listed_messages(const std::vector<MessageView>& messages) {
    std::string out = "[";
    for (const auto& message : messages) {
        if (out.size() > 1) out += ',';
        append_listed_message(out, message);
    }
    return out + "]";
}

Checked<void> websocket_create_claim(WebSocketCall& call) {
    const auto times = claim_times(call);
    if (!times) return refuse(times.error());
    const auto limit = check_claim_limit(call.request().integer("limit"), call.limits());
    if (!limit) return refuse(limit.error());
    if (auto checked = check_claim_grace(times->grace, call.limits()); !checked) return checked;
    call.ask(claiming(call.queue(), *limit, *times), [](Call& self,
                                                        const MessagesClaimed& claimed) {
        if (!claimed.claim) return self.respond(204, R"({"claim_id":null})");
        self.respond(201, fmt::format(R"({{"claim_id":"{}","messages":{}}})", claimed.claim->text(),
                                      listed_messages(claimed.messages)));
    });
    return {};
}

Checked<void> websocket_get_claim(WebSocketCall& call) {
    const auto id = claim_of(call);
    if (!id) {
        refuse_claim(call, unknown_claim());
        return {};
    }
    call.ask_any(GetClaim{call.queue(), *id}, [](Call& self, const Result<ClaimView>& claim) {
        if (!claim) return refuse_claim(self, claim.error());
        self.respond(
            200, fmt::format(R"({{"age":{},"ttl":{},"messages":{}}})", whole_seconds(claim->age),
                             whole_seconds(claim->ttl), listed_messages(claim->messages)));
    });
    return {};
}

Checked<void> websocket_update_claim(WebSocketCall& call) {
    const auto times = claim_times(call);
    if (!times) return refuse(times.error());
    const auto id = claim_of(call);
    if (!id) {
        refuse_claim(call, unknown_claim());
        return {};
    }
    auto command = renewal(call.queue(), *id, *times, call.limits());
    call.ask_any(std::move(command), [](Call& self, const Result<ClaimView>& claim) {
        if (!claim) return refuse_claim(self, claim.error());
        self.respond_text(204, fmt::format("Claim {} updated.", claim->id.text()));
    });
    return {};
}

Checked<void> websocket_delete_claim(WebSocketCall& call) {
    const auto text =
        fmt::format("Claim {} deleted.", call.request().text("claim_id").value_or(""));
    const auto id = claim_of(call);
    if (!id) {
        call.respond_text(204, text);
        return {};
    }
    ReleaseClaim command;
    command.queue = call.queue();
    command.claim = *id;
    call.ask_any(std::move(command), [text](Call& self, const Result<ClaimReleased>& released) {
        // What is not there any more is released.
        if (!released && released.error().code != ErrorCode::not_found) {
            return self.refuse_with(fault_of(released.error()));
        }
        self.respond_text(204, text);
    });
    return {};
}

}  // namespace signalbox::zaqar
