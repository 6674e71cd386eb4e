#include <deque>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/micro/engine_bench.h"

// Tickets in the engine, in batches.

namespace signalbox {
namespace {

Uuid create(EngineBench& bench, std::string line) {
    CreateTicket command;
    command.resource.server.is_named = true;
    command.resource.scope = "vm";
    command.resource.id = std::move(line);
    command.fields.ttl = std::chrono::hours(24);
    command.fields.action = "provision";
    return bench.ask(std::move(command)).ticket.record.uuid;
}

void release(EngineBench& bench, const Uuid& uuid) {
    bench.ask(ReleaseTicket{uuid, {}, false, {}});
}

void cycles(benchmark::State& state, Stages stages) {
    EngineBench bench(stages);
    const auto batch = static_cast<size_t>(state.range(0));
    std::vector<Uuid> tickets(batch);
    uint64_t line = 0;
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) {
        for (auto& ticket : tickets) ticket = create(bench, fmt::format("bench-{:012}", line++));
        bench.commit();
        for (const auto& ticket : tickets) release(bench, ticket);
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
        tickets.push_back(create(bench, "deep"));
        if (i % 64 == 63) bench.commit();
    }
    for (auto each : state) {
        tickets.push_back(create(bench, "deep"));
        release(bench, tickets.front());
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
    const Uuid ticket = create(bench, "shown");
    bench.commit();
    for (auto each : state) {
        bench.ask(GetTicket{ticket});
        bench.commit();
    }
}
BENCHMARK(engine_get)->Name("engine: get");

}  // namespace
}  // namespace signalbox
