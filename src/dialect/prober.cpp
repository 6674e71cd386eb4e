#include "dialect/prober.h"

#include <fmt/format.h>

#include "codec/http_message.h"
#include "codec/url.h"

namespace signalbox {
namespace {

// Of an answer, with its head. Its status counts; of its body the beginning is shown.
constexpr size_t response_bytes_max = 64u << 10;

OutgoingRequest request_of(const CheckDefinition& definition) {
    OutgoingRequest request;
    request.method = definition.method.empty() ? "GET" : definition.method;
    request.url = definition.url;
    request.fields = definition.fields;
    request.body = definition.body;
    request.timeout = definition.timeout;
    request.response_bytes_max = response_bytes_max;
    request.wants_whole = false;
    request.verifies_peer = !definition.tls_skip_verify;
    return request;
}

CheckStatus status_of(uint16_t status) {
    if (status >= 200 && status < 300) return CheckStatus::passing;
    return status == 429 ? CheckStatus::warning : CheckStatus::critical;
}

// What is shown must be text.
std::string shown(const std::string& body) {
    return is_valid_utf8(body) ? body : "(no text)";
}

}  // namespace

Prober::Prober(Frontend& frontend, HttpClient& client, size_t probes_max)
    : state_(std::make_shared<State>(State{frontend, client, probes_max, 0, {}, {}})) {}

void Prober::carry_out(std::vector<ProbeOrder> orders) {
    for (auto& order : orders) {
        if (!state_->places.emplace(order.tenant, order.node, order.check).second) {
            for (auto& known : state_->waiting) {
                const bool is_same = known.tenant == order.tenant && known.node == order.node &&
                                     known.check == order.check;
                if (!is_same) continue;
                known = std::move(order);
                break;
            }
            continue;
        }
        state_->waiting.push_back(std::move(order));
    }
    begin_next(state_);
}

void Prober::begin_next(const std::shared_ptr<State>& state) {
    while (state->under_way < state->probes_max && !state->waiting.empty()) {
        ProbeOrder order = std::move(state->waiting.front());
        state->waiting.pop_front();
        state->places.erase({order.tenant, order.node, order.check});
        begin(state, std::move(order));
    }
}

void Prober::begin(const std::shared_ptr<State>& state, ProbeOrder order) {
    ++state->under_way;
    auto request = request_of(order.definition);
    state->client.send(std::move(request),
                       [state, order = std::move(order)](Result<IncomingResponse> response) {
                           --state->under_way;
                           tell(*state, order, std::move(response));
                           begin_next(state);
                       });
}

void Prober::tell(State& state, const ProbeOrder& order, Result<IncomingResponse> response) {
    UpdateCheck update;
    update.node = order.node;
    update.check = order.check;
    update.probe = order.number;
    const auto& request = order.definition;
    const std::string method = request.method.empty() ? "GET" : request.method;
    if (response) {
        update.status = status_of(response->status);
        update.output =
            fmt::format("HTTP {} {}: {} {} Output: {}", method, request.url, response->status,
                        http_reason(response->status), shown(response->body));
    } else {
        update.status = CheckStatus::critical;
        update.output = fmt::format("{} \"{}\": {}", method, request.url, response.error().message);
    }
    Command command;
    command.tenant = order.tenant;
    command.caller.name = "signalbox";
    command.body = std::move(update);
    // One that was registered anew, or is gone, does not want it any more.
    state.frontend.submit(std::move(command), [](const Reply& /*told*/) {});
}

}  // namespace signalbox
