#include <cstdlib>
#include <deque>
#include <filesystem>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/assert.h"
#include "core/engine.h"
#include "storage/batch_rows.h"
#include "storage/journal_record.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"

// The state machine by itself: commands in, change sets and answers out.

namespace signalbox {
namespace {

// What a batch goes through besides the engine.
enum class Stages : uint8_t { engine, memory, rocks };

// A store of RocksDB in a directory that goes with it.
class TemporaryStore {
public:
    TemporaryStore() {
        const char* place = std::getenv("TMPDIR");
        directory_ = std::string(place == nullptr ? "/tmp" : place) + "/signalbox-micro.XXXXXX";
        ASSERT(::mkdtemp(directory_.data()) != nullptr);
        auto opened = open_rocks_store(directory_, {});
        ASSERT(opened);
        store_ = std::move(*opened);
    }
    ~TemporaryStore() {
        store_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;

    [[nodiscard]] Store& store() { return *store_; }

private:
    std::string directory_;
    std::unique_ptr<Store> store_;
};

class EngineBench {
public:
    explicit EngineBench(Stages stages)
        : stages_(stages),
          rocks_(stages == Stages::rocks ? std::make_unique<TemporaryStore>() : nullptr),
          store_(rocks_ ? rocks_->store() : static_cast<Store&>(memory_)),
          engine_(limits_, 1, now_),
          rows_(store_, engine_.ready().writes) {
        const auto loaded = engine_.load(store_, now_);
        ASSERT(loaded);
        begin();
    }

    template <class Body>
    const typename Body::Answer& ask(Body body) {
        engine_.apply(Command{RequestId(++request_),
                              "bench",
                              {"127.0.0.1", "4d1f30a4-2c1f-4b1e-9c0e-6a3f0a4d9d11"},
                              std::move(body)});
        const auto& reply = engine_.ready().completions.back().reply;
        const auto& answer = std::get<Result<typename Body::Answer>>(reply);
        ASSERT(answer);
        return *answer;
    }

    Uuid create(std::string line) {
        CreateTicket command;
        command.resource.server.is_named = true;
        command.resource.scope = "vm";
        command.resource.id = std::move(line);
        command.fields.ttl = std::chrono::hours(24);
        command.fields.action = "provision";
        return ask(std::move(command)).ticket.record.uuid;
    }

    void release(const Uuid& uuid) { ask(ReleaseTicket{uuid, {}, false, {}}); }

    // Ends the batch and begins the next one.
    void commit() {
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

private:
    void begin() {
        rows_.reset();
        engine_.begin_batch(now_, committed_.next(), rows_);
    }

    const Stages stages_;
    const CoreLimits limits_;
    const Now now_{Instant(std::chrono::hours(500'000)), SteadyInstant(std::chrono::hours(1))};
    MemoryStore memory_;
    const std::unique_ptr<TemporaryStore> rocks_;
    Store& store_;
    Engine engine_;
    BatchRows rows_;
    Revision committed_;
    std::string journal_;
    uint64_t request_ = 0;
};

void cycles(benchmark::State& state, Stages stages) {
    EngineBench bench(stages);
    const auto batch = static_cast<size_t>(state.range(0));
    std::vector<Uuid> tickets(batch);
    uint64_t line = 0;
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) {
        for (auto& ticket : tickets) ticket = bench.create(fmt::format("bench-{:012}", line++));
        bench.commit();
        for (const auto& ticket : tickets) bench.release(ticket);
        bench.commit();
    }
}

void engine_cycle(benchmark::State& state) {
    cycles(state, Stages::engine);
}
BENCHMARK(engine_cycle)->Name("engine: create + release, batches of")->Arg(1)->Arg(64);

void engine_cycle_memory(benchmark::State& state) {
    cycles(state, Stages::memory);
}
BENCHMARK(engine_cycle_memory)
    ->Name("engine, journal record, rows in memory: create + release, batches of")
    ->Arg(64);

void engine_cycle_rocks(benchmark::State& state) {
    cycles(state, Stages::rocks);
}
BENCHMARK(engine_cycle_rocks)
    ->Name("engine, journal record, rows in RocksDB: create + release, batches of")
    ->Arg(1)
    ->Arg(64);

// In a line of that depth: one joins at the end, the holder leaves, the next is granted.
void engine_deep_cycle(benchmark::State& state) {
    EngineBench bench(Stages::engine);
    std::deque<Uuid> tickets;
    for (int64_t i = 0; i < state.range(0); ++i) {
        tickets.push_back(bench.create("deep"));
        if (i % 64 == 63) bench.commit();
    }
    for (auto each : state) {
        tickets.push_back(bench.create("deep"));
        bench.release(tickets.front());
        tickets.pop_front();
        bench.commit();
    }
}
BENCHMARK(engine_deep_cycle)
    ->Name("engine: create + hand-over in a line of")
    ->Arg(10)
    ->Arg(100'000);

void engine_get(benchmark::State& state) {
    EngineBench bench(Stages::engine);
    const Uuid ticket = bench.create("shown");
    bench.commit();
    for (auto each : state) {
        bench.ask(GetTicket{ticket});
        bench.commit();
    }
}
BENCHMARK(engine_get)->Name("engine: get");

}  // namespace
}  // namespace signalbox
