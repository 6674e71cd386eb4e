#include <thread>

#include <fmt/format.h>

#include "bench/harness/server_metric.h"
#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/ticket_client.h"
#include "core/ticket.h"

// What a queued ticket costs in memory.

namespace signalbox::bench {
namespace {

constexpr double bytes_max = 400;

struct Use {
    double resident = 0;
    double store = 0;  // the caches of the store, as the server's own metric tells

    [[nodiscard]] double of_tickets() const { return resident - store; }
};

// The bytes of a ticket of this bench in the store: what must be known of it.
double row_bytes() {
    TicketRecord record;
    Resource resource;
    resource.server.is_named = true;
    resource.scope = "vm";
    resource.id = "memory-000000000001";
    record.line.reset(new LineKey(TenantId(1), resource));
    TicketFields fields;
    fields.ttl = std::chrono::hours(24);
    fields.action = "provision";
    record.details = TicketDetails::make(fields);
    const auto key =
        ticket_row_key(Table::ticket_live, TenantId(1), resource.server, TicketSequence(1));
    return static_cast<double>(key.size() + encode_ticket(record, {}).size());
}

Result<Use> look(const Child& server, LoadLoop& loop) {
    // Flushes of the store that the load has begun come to their end, and the metric follows.
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    TRY_AS(const auto store, read_metric(loop, 0, "signalbox_store_memory_bytes"));
    return Use{static_cast<double>(server.memory().resident), store.value_or(0)};
}

Result<void> measure(Bench& bench, std::string_view what, const LineName& line) {
    const size_t count = bench.choose(1'000'000u, 100'000u);
    const auto tickets = static_cast<double>(count);
    const std::string name = "memory";
    bench.forget(name);
    Use empty;
    Use full;
    Nanoseconds spent{};
    {
        TRY_AS(const auto server, bench.start_signalbox(name));
        TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), 1));
        TRY_AS(empty, look(*server, *loop));
        const auto started = SteadyClock::now();
        TRY(create_tickets(*loop, 0, count, line));
        spent = SteadyClock::now() - started;
        TRY_AS(full, look(*server, *loop));
        TRY(server->stop());
    }
    TRY_AS(const auto server, bench.start_signalbox(name));
    TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), 1));
    TRY_AS(const auto restarted, look(*server, *loop));
    bench.forget(name);

    const double row = row_bytes();
    const double each = (full.of_tickets() - empty.of_tickets()) / tickets;
    const double each_restarted = (restarted.of_tickets() - empty.of_tickets()) / tickets;
    const auto bytes_text = [](double bytes) { return fmt::format("{:.0f} B", bytes); };
    bench.report().add({fmt::format("a ticket of {} {}", short_number(tickets), what),
                        bytes_text(each), bytes_text(row), short_number(each / row), "< 400 B",
                        verdict(each < bytes_max)});
    bench.report().add({fmt::format("the same after a restart, {}", what),
                        bytes_text(each_restarted), bytes_text(row),
                        short_number(each_restarted / row), "< 400 B",
                        verdict(each_restarted < bytes_max)});
    bench.report().add({fmt::format("for comparison, RSS after the load, {}", what),
                        fmt::format("{:.0f} MB, of which store {:.0f} MB, empty {:.0f} MB",
                                    full.resident / 1e6, full.store / 1e6, empty.resident / 1e6),
                        fmt::format("{} tickets/s made on one connection",
                                    short_number(tickets / seconds_of(spent))),
                        "", "", Verdict::none});
    return {};
}

}  // namespace

Result<void> measure_memory(Bench& bench) {
    bench.report().begin(
        "Memory of tickets",
        "Resident memory of the server after so many tickets were made, minus that of the same "
        "server before, minus what its own metric signalbox_store_memory_bytes says that the "
        "store's write buffers and block cache have grown by: those are bounded by options "
        "(64 MiB each) and do not grow with the tickets. The second row is taken after a clean "
        "restart, when nothing but the tickets has been loaded. The limit is the ticket's own "
        "row in the store, key and value.");
    TRY(measure(bench, "waiting in one line", [](size_t) { return std::string_view("memory"); }));
    std::string line;
    return measure(bench, "each holding its own line", [line](size_t i) mutable {
        line = fmt::format("memory-{:012}", i);
        return std::string_view(line);
    });
}

}  // namespace signalbox::bench
