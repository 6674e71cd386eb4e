#include "dialect/prober.h"

#include <algorithm>

#include <fmt/format.h>

#include "codec/http_message.h"
#include "codec/url.h"

namespace signalbox {
namespace {

// Of an answer, with its head. Its status counts; of its body the beginning is shown.
constexpr size_t response_bytes_max = 64u << 10;

// Whoever takes longer may hang the next time.
constexpr Duration prompt_max = std::chrono::seconds(2);

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
    : state_(new State{frontend, client, probes_max, 0, 0, {}, {}, {}, false}) {}

Prober::Place Prober::Line::take_next() {
    auto turn = waiting_.upper_bound(last_);
    if (turn == waiting_.end()) turn = waiting_.begin();
    last_ = turn->first;
    Place place = std::move(turn->second.front());
    turn->second.pop_front();
    if (turn->second.empty()) waiting_.erase(turn);
    return place;
}

void Prober::carry_out(std::vector<ProbeOrder> orders) {
    for (auto& order : orders) {
        Place place{order.tenant, order.node, order.check};
        const auto [known, is_new] = state_->orders.try_emplace(place);
        if (is_new) (order.is_doubtful ? state_->doubtful : state_->prompt).add(std::move(place));
        // It keeps its place in the line that it waits in.
        if (!is_new) order.is_doubtful = known->second.is_doubtful;
        known->second = std::move(order);
    }
    begin_next(state_);
}

Prober::Line* Prober::State::next_line() {
    if (under_way >= probes_max) return nullptr;
    const size_t doubtful_max = std::max<size_t>(probes_max / 2, 1);
    const bool may_be_doubtful = !doubtful.empty() && doubtful_under_way < doubtful_max;
    if (!may_be_doubtful) return prompt.empty() ? nullptr : &prompt;
    if (prompt.empty()) return &doubtful;
    doubtful_is_next = !doubtful_is_next;
    return doubtful_is_next ? &doubtful : &prompt;
}

void Prober::begin_next(const std::shared_ptr<State>& state) {
    while (Line* const line = state->next_line()) {
        const auto found = state->orders.find(line->take_next());
        ProbeOrder order = std::move(found->second);
        state->orders.erase(found);
        begin(state, std::move(order));
    }
}

void Prober::begin(const std::shared_ptr<State>& state, ProbeOrder order) {
    const bool is_doubtful = order.is_doubtful;
    const auto begun = state->frontend.now().steady;
    ++state->under_way;
    if (is_doubtful) ++state->doubtful_under_way;
    auto request = request_of(order.definition);
    state->client.send(std::move(request), [state, begun, is_doubtful, order = std::move(order)](
                                               Result<IncomingResponse> response) {
        --state->under_way;
        if (is_doubtful) --state->doubtful_under_way;
        // Nobody is prompt who says nothing until he is asked no longer; whoever refuses is.
        const auto span = state->frontend.now().steady - begun;
        const bool is_prompt =
            span <= prompt_max && (response || span < order.definition.timeout / 2);
        tell(*state, order, is_prompt, std::move(response));
        begin_next(state);
    });
}

void Prober::tell(State& state, const ProbeOrder& order, bool is_prompt,
                  Result<IncomingResponse> response) {
    UpdateCheck update;
    update.node = order.node;
    update.check = order.check;
    update.probe = order.number;
    update.is_prompt = is_prompt;
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
