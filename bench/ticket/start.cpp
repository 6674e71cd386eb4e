#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/checksum.h"
#include "bench/harness/server_metric.h"
#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/workload.h"

// How long the server takes to be ready, and how fast it replays its journal.

namespace signalbox::bench {
namespace {

constexpr double empty_seconds_max = 0.2;
constexpr double replay_megabytes_min = 200;
constexpr double idle_megabytes_max = 30;

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The number behind `name=` in the line of the log that holds `event`.
std::optional<double> logged_number(const std::string& log, std::string_view event,
                                    std::string_view name) {
    const size_t line = log.find(event);
    if (line == std::string::npos) return std::nullopt;
    const size_t at = log.find(fmt::format(" {}=", name), line);
    if (at == std::string::npos || at > log.find('\n', line)) return std::nullopt;
    double number = 0;
    std::from_chars(log.data() + at + name.size() + 2, log.data() + log.size(), number);
    return number;
}

// Reads every byte of the journal and its checksum: a replay can do no less.
Result<double> read_rate(const std::string& directory) {
    const auto started = SteadyClock::now();
    uint64_t bytes = 0;
    uint64_t sum = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (entry.path().extension() != ".journal") continue;
        std::string content(std::filesystem::file_size(entry.path()), '\0');
        std::ifstream file(entry.path(), std::ios::binary);
        file.read(content.data(), static_cast<std::streamsize>(content.size()));
        sum ^= checksum(content);
        bytes += content.size();
    }
    if (bytes == 0 || sum == 0) return fail(ErrorCode::internal, "there is no journal");
    return static_cast<double>(bytes) / 1e6 / seconds_of(SteadyClock::now() - started);
}

Figure start_figure(std::string what, const Rounds& rounds) {
    Figure figure;
    figure.what = std::move(what);
    figure.value = fmt::format("{:.0f} ms", rounds.product());
    figure.limit = fmt::format("{:.0f} ms", rounds.limit());
    figure.ratio = rounds.ratio_text();
    return figure;
}

Result<double> start_limit_ms(Bench& bench) {
    bench.forget("start-limit");
    TRY_AS(const auto limit, bench.start_limit("start-limit"));
    return milliseconds_of(limit->start_time());
}

Result<void> measure_empty(Bench& bench) {
    Rounds times;
    Child::Memory memory;
    Child::Memory limit_memory;
    for (int round = 0; round < bench.choose(5, 3); ++round) {
        bench.forget("start");
        TRY_AS(const double limit_ms, start_limit_ms(bench));
        TRY_AS(const auto server, bench.start_signalbox("start"));
        times.add(milliseconds_of(server->start_time()), limit_ms);
        memory = server->memory();
        TRY(server->stop());
    }
    TRY_AS(const auto limit, bench.start_limit("start-limit"));
    limit_memory = limit->memory();
    auto figure = start_figure("start on an empty directory", times);
    figure.target = "< 0.2 s";
    figure.verdict = verdict(times.product() < empty_seconds_max * 1e3);
    bench.report().add(std::move(figure));
    const auto megabytes = [](uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
    bench.report().add({"idle, resident memory",
                        fmt::format("{:.1f} MB, of which its own {:.1f} MB",
                                    megabytes(memory.resident), megabytes(memory.anonymous)),
                        fmt::format("{:.1f} MB", megabytes(limit_memory.resident)),
                        short_number(megabytes(memory.resident) / megabytes(limit_memory.resident)),
                        "< 30 MB", verdict(megabytes(memory.resident) < idle_megabytes_max)});
    return {};
}

Result<void> measure_clean(Bench& bench) {
    const size_t count = bench.choose(100'000u, 20'000u);
    bench.forget("start");
    {
        TRY_AS(const auto server, bench.start_signalbox("start"));
        TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), 1));
        std::string line;
        TRY(create_tickets(*loop, 0, count, [&](size_t i) {
            line = fmt::format("start-{}", i);
            return std::string_view(line);
        }));
        TRY(server->stop());
    }
    Rounds times;
    for (int round = 0; round < 3; ++round) {
        TRY_AS(const double limit_ms, start_limit_ms(bench));
        TRY_AS(const auto server, bench.start_signalbox("start"));
        times.add(milliseconds_of(server->start_time()), limit_ms);
        TRY(server->stop());
    }
    bench.report().add(
        start_figure(fmt::format("start after a clean stop with {} tickets", count), times));
    return {};
}

// Fills the journal with creations and releases until it has so many bytes, and kills.
Result<void> fill_journal(Bench& bench, double bytes) {
    // No checkpoint and no flush of the store: everything must come from the journal.
    TRY_AS(const auto server, bench.start_signalbox("start", {"--checkpoint-bytes", "4GiB",
                                                              "--write-buffer-bytes", "2GiB"}));
    TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), 16));
    Workload::Tickets tickets;
    for (;;) {
        Workload workload(Api::native, WorkloadKind::cycle, tickets, 16);
        TRY(run_round(*loop, *server, workload.calls(), {std::chrono::milliseconds(300), 1}));
        TRY_AS(auto many, create_tickets(*loop, 0, 10'000, [&](size_t i) {
                   static std::string line;
                   line = fmt::format("journal-{}", tickets.lines + i);
                   return std::string_view(line);
               }));
        tickets.lines += many.size();
        TRY_AS(const auto written, read_metric(*loop, 0, "signalbox_journal_written_bytes_total"));
        if (written.value_or(0) >= bytes) break;
    }
    server->kill();
    return {};
}

Result<void> measure_crash(Bench& bench) {
    bench.forget("start");
    TRY(fill_journal(bench, bench.choose(220e6, 40e6)));
    Rounds rates;
    Rounds times;
    double replayed = 0;
    double load_ms = 0;
    double tickets = 0;
    // The copy is what every round starts from; a start that succeeds moves the store on.
    for (int round = 0; round < bench.choose(3, 1); ++round) {
        std::filesystem::copy(bench.path_of("start"), bench.path_of("start-copy"),
                              std::filesystem::copy_options::recursive);
        TRY_AS(const double limit_rate, read_rate(bench.path_of("start-copy")));
        TRY_AS(const double limit_ms, start_limit_ms(bench));
        TRY_AS(const auto server, bench.start_signalbox("start-copy"));
        times.add(milliseconds_of(server->start_time()), limit_ms);
        const auto log = read_all(bench.log_of("start-copy"));
        const auto bytes = logged_number(log, "event=partition.recovered", "replayed_bytes");
        const auto took = logged_number(log, "event=partition.recovered", "replay_ms");
        if (!bytes || !took) return fail(ErrorCode::internal, "the log tells of no recovery");
        replayed = *bytes;
        load_ms = logged_number(log, "event=partition.recovered", "load_ms").value_or(0);
        tickets = logged_number(log, "event=partition.recovered", "tickets").value_or(0);
        rates.add(*bytes / 1e6 / std::max(*took / 1e3, 1e-3), limit_rate);
        server->kill();
        bench.forget("start-copy");
    }
    bench.report().add(
        {fmt::format("replay of the journal ({:.0f} MB) after kill -9", replayed / 1e6),
         fmt::format("{:.0f} MB/s", rates.product()), fmt::format("{:.0f} MB/s", rates.limit()),
         rates.ratio_text(), ">= 200 MB/s", verdict(rates.product() >= replay_megabytes_min)});
    bench.report().add(
        start_figure(fmt::format("the whole start then, {} tickets ({:.0f} ms of it to load them)",
                                 short_number(tickets), load_ms),
                     times));
    return {};
}

}  // namespace

Result<void> measure_start(Bench& bench) {
    bench.report().begin(
        "Start and recovery",
        "From the fork until the line that says it is ready. The limit is the limit server, "
        "which fills its file of 32 MiB with zeros as Signalbox does with a journal segment. For "
        "the replay, creations and releases have filled the journal without any checkpoint, and "
        "the server was killed; the rate is what its log line partition.recovered tells, and the "
        "limit is to read the same files and compute a checksum over them. The files are in the "
        "page cache for both.");
    TRY(measure_empty(bench));
    TRY(measure_clean(bench));
    return measure_crash(bench);
}

}  // namespace signalbox::bench
