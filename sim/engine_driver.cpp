#include "sim/engine_driver.h"

#include <algorithm>
#include <iterator>

namespace signalbox {

EngineDriver::EngineDriver(CoreLimits limits, uint64_t seed)
    : limits_(std::move(limits)), seed_(seed) {
    restart();
}

void EngineDriver::restart() {
    engine_ = std::make_unique<Engine>(limits_, cipher_, seed_ + committed_.value, clock_.now());
    rows_ = std::make_unique<BatchRows>(store_, engine_->ready().writes);
    const auto loaded = engine_->load(store_, clock_.now());
    ASSERT(loaded);
    completions_.clear();
    deliveries_.clear();
    effects_.clear();
    probes_.clear();
    fire_due();
}

void EngineDriver::begin() {
    rows_->reset();
    engine_->begin_batch(clock_.now(), committed_.next(), *rows_);
}

void EngineDriver::commit() {
    auto& ready = engine_->ready();
    if (!ready.writes.empty()) {
        const auto batch = ready.writes.view();
        const auto applied = store_.apply(batch);
        ASSERT(applied);
        committed_ = batch.last();
        bytes_committed_ += batch.bytes.size();
    }
    std::move(ready.completions.begin(), ready.completions.end(), std::back_inserter(completions_));
    std::move(ready.deliveries.begin(), ready.deliveries.end(), std::back_inserter(deliveries_));
    std::move(ready.effects.begin(), ready.effects.end(), std::back_inserter(effects_));
    std::move(ready.probes.begin(), ready.probes.end(), std::back_inserter(probes_));
    ready.completions.clear();
    ready.deliveries.clear();
    ready.effects.clear();
    ready.probes.clear();
}

void EngineDriver::step(Command command) {
    begin();
    engine_->apply(std::move(command));
    engine_->end_batch();
    commit();
}

void EngineDriver::run(Command command) {
    step(std::move(command));
    fire_due();
}

void EngineDriver::stop() {
    begin();
    engine_->stop();
    commit();
}

void EngineDriver::fire_due() {
    bool more = true;
    while (more) {
        begin();
        more = engine_->fire_due();
        engine_->end_batch();
        commit();
    }
}

void EngineDriver::advance(Duration span) {
    while (span.count() > 0) {
        auto piece = span;
        if (const auto until = engine_->until_next_deadline(clock_.now())) {
            piece = std::min(piece, std::max(*until, Duration(1)));
        }
        clock_.advance(piece);
        span -= piece;
        fire_due();
    }
}

std::vector<Completion> EngineDriver::taken() {
    return std::exchange(completions_, {});
}

std::vector<Effect> EngineDriver::effects() {
    return std::exchange(effects_, {});
}

std::vector<ProbeOrder> EngineDriver::probes() {
    return std::exchange(probes_, {});
}

std::vector<FeedDelivery> EngineDriver::delivered() {
    return std::exchange(deliveries_, {});
}

}  // namespace signalbox
