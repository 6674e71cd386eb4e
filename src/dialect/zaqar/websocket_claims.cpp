#include <algorithm>

#include <fmt/format.h>

#include "dialect/zaqar/message_input.h"
#include "dialect/zaqar/websocket_call.h"
#include "dialect/zaqar/zaqar_checks.h"
#include "dialect/zaqar/zaqar_json.h"

// What the WebSocket transport does with claims.

namespace signalbox::zaqar {
namespace {

using Call = WebSocketCall;

const Error no_such_claim{ErrorCode::not_found, {}, "claim"};

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
    call.refuse_with(not_found(fmt::format("Claim {} does not exist in queue {} for project {}",
                                           text, call.queue().name, call.project())),
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
    ClaimMessages command;
    command.queue = call.queue();
    command.limit = *limit;
    command.ttl = std::chrono::seconds(times->ttl);
    command.grace = std::chrono::seconds(times->grace);
    call.ask(std::move(command), [](Call& self, const MessagesClaimed& claimed) {
        if (!claimed.claim) return self.respond(204, R"({"claim_id":null})");
        self.respond(201, fmt::format(R"({{"claim_id":"{}","messages":{}}})", claimed.claim->text(),
                                      listed_messages(claimed.messages)));
    });
    return {};
}

Checked<void> websocket_get_claim(WebSocketCall& call) {
    const auto id = claim_of(call);
    if (!id) {
        refuse_claim(call, no_such_claim);
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
        refuse_claim(call, no_such_claim);
        return {};
    }
    RenewClaim command;
    command.queue = call.queue();
    command.claim = *id;
    command.ttl = std::chrono::seconds(times->ttl);
    // Here Zaqar does not look at it; what is out of range is taken as the nearest that is not.
    command.grace = std::chrono::seconds(
        std::clamp<int64_t>(times->grace, 0, whole_seconds(call.limits().claim_grace_max)));
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
