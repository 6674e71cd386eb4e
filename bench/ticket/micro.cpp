#include <charconv>

#include <fmt/format.h>

#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/workload.h"

// The parts one by one: where the time of a request goes.

namespace signalbox::bench {
namespace {

struct Timing {
    std::string name;
    double ns = 0;
};

// Rows of Google Benchmark's CSV: name,iterations,real_time,cpu_time,unit,...
std::vector<Timing> parse_timings(std::string_view csv) {
    std::vector<Timing> timings;
    while (!csv.empty()) {
        auto line = csv.substr(0, csv.find('\n'));
        csv.remove_prefix(std::min(csv.size(), line.size() + 1));
        if (!line.starts_with('"')) continue;
        const size_t name_end = line.find('"', 1);
        Timing timing{std::string(line.substr(1, name_end - 1)), 0};
        // The median of the repetitions is a row of its own.
        constexpr std::string_view median_mark = "_median";
        if (!timing.name.ends_with(median_mark)) continue;
        timing.name.resize(timing.name.size() - median_mark.size());
        line.remove_prefix(name_end);
        for (int column = 0; column < 3; ++column) {
            line.remove_prefix(std::min(line.size(), line.find(',') + 1));
        }
        std::from_chars(line.data(), line.data() + line.size(), timing.ns);
        timings.push_back(std::move(timing));
    }
    return timings;
}

// Processor time of the limit server for one durable request, at 64 connections.
Result<double> limit_request_ns(Bench& bench) {
    TRY_AS(const auto limit, bench.start_limit("micro-limit"));
    TRY_AS(const auto loop, LoadLoop::connect(limit->endpoint(), 64));
    std::vector<double> times;
    Workload::Tickets tickets;
    Workload workload(Api::native, WorkloadKind::create, tickets, 64);
    for (int round = 0; round < 5; ++round) {
        TRY_AS(const auto done, run_round(*loop, *limit, workload.calls_to_limit(),
                                          {std::chrono::milliseconds(100), 1}));
        times.push_back(done.processor_us * 1e3);
    }
    return median(times);
}

}  // namespace

Result<void> measure_micro(Bench& bench) {
    bench.report().begin(
        "Parts",
        "Google Benchmark, processor time of one turn, the median of three repetitions. The limit "
        "is the processor time that the limit server spends on one durable request at 64 "
        "connections, measured before; so the ratio tells what a part adds to the least that a "
        "request costs.");
    TRY_AS(const double limit_ns, limit_request_ns(bench));
    TRY_AS(const auto output,
           run_program({{bench.programs().micro, "--benchmark_format=csv",
                         "--benchmark_repetitions=3", "--benchmark_report_aggregates_only=true",
                         fmt::format("--benchmark_min_time={}", bench.choose(0.1, 0.02))},
                        bench.log_of("micro")}));
    const auto timings = parse_timings(output);
    if (timings.empty()) return fail(ErrorCode::internal, "the micro benchmarks print nothing");
    for (const auto& timing : timings) {
        const auto time = Nanoseconds(static_cast<int64_t>(timing.ns));
        bench.report().add({timing.name, time_text(time),
                            time_text(Nanoseconds(static_cast<int64_t>(limit_ns))),
                            fmt::format("{:.3f}", timing.ns / limit_ns), "", Verdict::none});
    }
    return {};
}

}  // namespace signalbox::bench
