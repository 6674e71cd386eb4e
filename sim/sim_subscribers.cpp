#include "sim/sim_subscribers.h"

#include <algorithm>

namespace signalbox {

void SimSubscribers::send(OutgoingRequest request, Then then) {
    const auto given_up_at = clock_.now().steady + request.timeout;
    calls_.push_back({std::move(request), std::move(then), given_up_at});
}

uint16_t SimSubscribers::arrive(const Call& call) {
    uint16_t status = 204;
    if (happens(habits_.fails)) status = 500;
    if (happens(habits_.is_busy)) status = 429;
    if (happens(habits_.goes)) status = 410;
    if (witness_) witness_(call.request, status);
    return status;
}

bool SimSubscribers::step() {
    const auto now = clock_.now().steady;
    std::vector<size_t> ready;
    for (size_t i = 0; i < calls_.size(); ++i) {
        if (!calls_[i].hangs || calls_[i].given_up_at <= now) ready.push_back(i);
    }
    if (ready.empty()) return false;
    const size_t index = ready[random_.below(ready.size())];
    Call call = std::move(calls_[index]);
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(index));
    const auto fails = [&](const char* why) {
        call.then(fail(ErrorCode::unavailable, why));
        return true;
    };
    if (call.hangs) return fails("no answer in time");
    if (!happens(habits_.does_arrive)) return fails("no connection");
    const uint16_t status = arrive(call);
    if (happens(habits_.is_cut)) return fails("cut off");
    if (happens(habits_.hangs)) {
        call.hangs = true;
        calls_.push_back(std::move(call));
        return true;
    }
    IncomingResponse response;
    response.status = status;
    if (status == 429) {
        response.fields.emplace_back("Retry-After", std::to_string(random_.below(4)));
    }
    call.then(std::move(response));
    return true;
}

void SimSubscribers::server_has_gone() {
    const auto calls = std::exchange(calls_, {});
    for (const auto& call : calls) {
        if (!call.hangs && happens(50)) arrive(call);
    }
}

}  // namespace signalbox
