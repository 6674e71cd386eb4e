#include <benchmark/benchmark.h>

#include "bench/micro/engine_bench.h"

// Messages in the engine: posted one by one, claimed and deleted by twenty.

namespace signalbox {
namespace {

constexpr size_t body_bytes = 256;
constexpr size_t claim_max = 20;

const QueueName queue{QueueKind::queue, "bench"};

void post(EngineBench& bench) {
    PostMessages command;
    command.queue = queue;
    command.client = std::string(16, 'c');
    auto& message = command.messages.emplace_back();
    message.body = '"' + std::string(body_bytes - 2, 'x') + '"';
    message.ttl = std::chrono::hours(24);
    bench.ask(std::move(command));
}

void post_many(EngineBench& bench, size_t count, size_t batch) {
    for (size_t i = 0; i < count; ++i) {
        post(bench);
        if (i % batch == batch - 1) bench.commit();
    }
    bench.commit();
}

void posts(benchmark::State& state, Stages stages) {
    EngineBench bench(stages);
    const auto batch = static_cast<size_t>(state.range(0));
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) {
        for (size_t i = 0; i < batch; ++i) post(bench);
        bench.commit();
    }
}

void engine_post(benchmark::State& state) {
    posts(state, Stages::engine);
}
BENCHMARK(engine_post)->Name("queue, engine: post, batches of")->Arg(1)->Arg(64);

void engine_post_rocks(benchmark::State& state) {
    posts(state, Stages::rocks);
}
BENCHMARK(engine_post_rocks)
    ->Name("queue, engine, journal record, rows in RocksDB: post, batches of")
    ->Arg(1)
    ->Arg(64);

// As many are posted as are taken, without being counted, so the queue keeps its depth.
void claims(benchmark::State& state, Stages stages) {
    EngineBench bench(stages);
    post_many(bench, static_cast<size_t>(state.range(0)), 64);
    ClaimMessages claim;
    claim.queue = queue;
    claim.limit = claim_max;
    claim.ttl = std::chrono::hours(1);
    claim.grace = std::chrono::minutes(1);
    for (auto each : state) {
        DeleteMessages deletion;
        deletion.queue = queue;
        for (const auto& message : bench.ask(claim).messages) deletion.ids.push_back(message.id);
        ASSERT(deletion.ids.size() == claim_max);
        bench.commit();
        bench.ask(std::move(deletion));
        bench.commit();
        state.PauseTiming();
        post_many(bench, claim_max, claim_max);
        state.ResumeTiming();
    }
}

void claim_memory(benchmark::State& state) {
    claims(state, Stages::memory);
}
BENCHMARK(claim_memory)
    ->Name("queue, journal record, rows in memory: claim 20 + delete them, of")
    ->Arg(1000)
    ->Arg(100'000);

void claim_rocks(benchmark::State& state) {
    claims(state, Stages::rocks);
}
BENCHMARK(claim_rocks)
    ->Name("queue, journal record, rows in RocksDB: claim 20 + delete them, of")
    ->Arg(1000)
    ->Arg(1'000'000);

}  // namespace
}  // namespace signalbox
