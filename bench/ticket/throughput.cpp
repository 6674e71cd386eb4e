#include <map>
#include <span>

#include <fmt/format.h>

#include "bench/harness/statistics.h"
#include "bench/limit/record_file.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/workload.h"

// How many tickets a second can be made and released, beside a server that only makes the same
// requests durable.

namespace signalbox::bench {
namespace {

constexpr size_t record_bytes = 256;

// Syncs of so many records each, one after the other; records per second.
Result<double> run_sync_loop(RecordFile& file, size_t batch, Nanoseconds span) {
    const std::string records(batch * record_bytes, 'r');
    const auto start = SteadyClock::now();
    size_t syncs = 0;
    while (SteadyClock::now() - start < span) {
        TRY(file.append(records));
        ++syncs;
    }
    return static_cast<double>(syncs * batch) / seconds_of(SteadyClock::now() - start);
}

class Throughput {
public:
    explicit Throughput(Bench& bench) : bench_(bench) {}

    Result<void> run() {
        TRY_AS(product_, bench_.start_signalbox("throughput"));
        TRY_AS(limit_, bench_.start_limit("throughput-limit"));
        TRY_AS(file_, RecordFile::make(bench_.path_of("throughput-sync"), 32u << 20));
        bench_.report().begin(
            "Tickets per second",
            "Every connection keeps one request under way (16 where it says so) and every ticket "
            "has a line of its own, so each creation is a grant too. The limit is a single-"
            "threaded HTTP server that is sent the same bytes, writes each body to a pre-written "
            "file, does one fdatasync for all that arrived during the last one and answers 201 "
            "with two bytes. Rounds of it and of each workload take turns. \"create + release\" "
            "counts requests, so it is twice the number of cycles. CPU is the server's processor "
            "time for an answer. The limit's own limit is a loop of write and fdatasync without "
            "any server, with as many records of 256 bytes as there are connections.");
        for (const size_t connections : {1u, 16u, 64u}) {
            TRY(measure(connections, 1, all_workloads));
        }
        TRY(measure(16, 16, std::span(all_workloads).first(1)));
        return {};
    }

private:
    struct Row {
        Api api;
        WorkloadKind kind;
        auto operator<=>(const Row&) const = default;
    };
    static constexpr Row all_workloads[] = {
        {Api::native, WorkloadKind::create}, {Api::native, WorkloadKind::release},
        {Api::native, WorkloadKind::cycle},  {Api::cnapi, WorkloadKind::create},
        {Api::cnapi, WorkloadKind::release}, {Api::cnapi, WorkloadKind::cycle}};

    Result<void> measure(size_t connections, size_t depth, std::span<const Row> rows) {
        TRY_AS(const auto product_loop, LoadLoop::connect(product_->endpoint(), connections));
        TRY_AS(const auto limit_loop, LoadLoop::connect(limit_->endpoint(), connections));
        const auto span =
            bench_.choose(std::chrono::milliseconds(300), std::chrono::milliseconds(100));
        const int rounds = bench_.choose(5, 3);
        std::map<Row, Series> series;
        Rounds limit_itself;
        // The first round warms up caches, connections and code; it is not counted.
        for (int round = 0; round <= rounds; ++round) {
            for (const auto& row : rows) {
                Workload workload(row.api, row.kind, tickets_[row.api], connections);
                TRY_AS(const auto limit,
                       run_round(*limit_loop, *limit_, workload.calls_to_limit(), {span, depth}));
                TRY_AS(const auto product,
                       run_round(*product_loop, *product_, workload.calls(), {span, depth}));
                if (round > 0) series[row].add(product, limit);
                if (row != rows.front()) continue;
                TRY_AS(const double raw, run_sync_loop(*file_, connections, span / 3));
                if (round > 0) limit_itself.add(limit.per_second, raw);
            }
        }
        const auto place =
            depth == 1 ? fmt::format("{} connection{}", connections, connections == 1 ? "" : "s")
                       : fmt::format("{} connections, {} pipelined", connections, depth);
        for (const auto& row : rows) {
            bench_.report().add(series[row].figure(
                fmt::format("{} {}, {}", api_name(row.api), workload_name(row.kind), place)));
        }
        if (depth == 1) {
            bench_.report().add({fmt::format("the limit server itself, {}", place),
                                 short_number(limit_itself.product()) + "/s",
                                 short_number(limit_itself.limit()) + "/s",
                                 limit_itself.ratio_text(), "", Verdict::none});
        }
        return {};
    }

    Bench& bench_;
    std::unique_ptr<Child> product_;
    std::unique_ptr<Child> limit_;
    std::unique_ptr<RecordFile> file_;
    std::map<Api, Workload::Tickets> tickets_;
};

}  // namespace

Result<void> measure_throughput(Bench& bench) {
    return Throughput(bench).run();
}

}  // namespace signalbox::bench
