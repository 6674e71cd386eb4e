#include "sim/queue_history.h"

#include <algorithm>
#include <utility>

namespace signalbox {

void QueueHistory::tick(Now now) {
    if (has_begun_) {
        const int64_t wall = (now.wall - now_.wall).count();
        const int64_t steady = (now.steady - now_.steady).count();
        if (std::min(wall, steady) < 0) setbacks_.push_back(last_);
        last_.generous_ms += std::max(wall, steady);
        last_.stingy_ms += std::min(wall, steady);
    }
    has_begun_ = true;
    now_ = now;
}

Moment QueueHistory::moment() {
    ++last_.order;
    return last_;
}

QueueCall& QueueHistory::begin(QueueCall call) {
    call.sent = moment();
    call.outcome = QueueCall::Outcome::open;
    return calls_.emplace_back(std::move(call));
}

void QueueHistory::end(QueueCall& call, QueueCall::Outcome outcome) {
    call.outcome = outcome;
    set_over(call, moment());
}

void QueueHistory::set_over(QueueCall& call, const Moment& moment) {
    call.over = moment;
    call.is_over = true;
    call.stingy_peak_ms = std::max(call.sent.stingy_ms, moment.stingy_ms);
    for (auto setback = setbacks_.rbegin(); setback != setbacks_.rend(); ++setback) {
        if (setback->order < call.sent.order) break;
        call.stingy_peak_ms = std::max(call.stingy_peak_ms, setback->stingy_ms);
    }
}

void QueueHistory::unknown(QueueCall& call) {
    call.outcome = QueueCall::Outcome::unknown;
    call.given_up_at = now_.steady;
}

void QueueHistory::settled(Duration ago) {
    const Moment now = moment();
    bool all_over = true;
    for (size_t i = unsettled_from_; i < calls_.size(); ++i) {
        QueueCall& call = calls_[i];
        const bool is_unknown = !call.is_over && call.outcome == QueueCall::Outcome::unknown;
        if (is_unknown && call.given_up_at + ago <= now_.steady) set_over(call, now);
        all_over = all_over && call.is_over;
        if (all_over) unsettled_from_ = i + 1;
    }
}

}  // namespace signalbox
