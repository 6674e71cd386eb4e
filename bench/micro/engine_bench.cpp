#include "bench/micro/engine_bench.h"

#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>

#include "storage/journal_record.h"
#include "storage/rocks_store.h"

namespace signalbox {

TemporaryStore::TemporaryStore() {
    const char* place = std::getenv("TMPDIR");
    directory_ = std::string(place == nullptr ? "/tmp" : place) + "/signalbox-micro.XXXXXX";
    ASSERT(::mkdtemp(directory_.data()) != nullptr);
    auto opened = open_rocks_store(directory_, {});
    ASSERT(opened);
    store_ = std::move(*opened);
}

TemporaryStore::~TemporaryStore() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

EngineBench::EngineBench(Stages stages)
    : stages_(stages),
      rocks_(stages == Stages::rocks ? std::make_unique<TemporaryStore>() : nullptr),
      store_(rocks_ ? rocks_->store() : static_cast<Store&>(memory_)),
      engine_(limits_, BodyCipher({BodyCipher::Key{}}), 1, now_),
      rows_(store_, engine_.ready().writes) {
    const auto loaded = engine_.load(store_, now_);
    ASSERT(loaded);
    begin();
}

void EngineBench::commit() {
    engine_.end_batch();
    const auto batch = engine_.ready().writes.view();
    if (stages_ != Stages::engine && batch.count > 0) {
        journal_.clear();
        append_record(journal_, 1, OwnerEpoch(1), batch);
        benchmark::DoNotOptimize(journal_.data());
        const auto applied = store_.apply(batch);
        ASSERT(applied);
    }
    if (batch.count > 0) committed_ = batch.last();
    begin();
}

void EngineBench::begin() {
    rows_.reset();
    engine_.begin_batch(now_, committed_.next(), rows_);
}

}  // namespace signalbox
