#include <thread>

#include <fmt/format.h>

#include "bench/harness/server_metric.h"
#include "bench/harness/statistics.h"
#include "bench/ticket/measurements.h"
#include "bench/ticket/ticket_client.h"

// What a connection costs in memory while nothing happens on it, and while it waits.

namespace signalbox::bench {
namespace {

constexpr double idle_bytes_max = 4096;

double resident(const Child& server) {
    return static_cast<double>(server.memory().resident);
}

std::string bytes_text(double bytes) {
    return fmt::format("{:.0f} B", bytes);
}

// Every connection has had a request and its answer, as a client's pool would have it.
Result<void> use_all(LoadLoop& loop) {
    TicketRequests requests;
    for (ConnectionIndex i = 0; i < loop.connection_count(); ++i) {
        loop.send(i, requests.show(TicketName::nobody()));
        if (i % 200 != 199) continue;
        TRY(loop.run([&] { return loop.outstanding() == 0; },
                     SteadyClock::now() + std::chrono::seconds(10)));
    }
    TRY_AS(const bool done, loop.run([&] { return loop.outstanding() == 0; },
                                     SteadyClock::now() + std::chrono::seconds(10)));
    if (!done) return fail(ErrorCode::internal, "a connection got no answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return {};
}

}  // namespace

Result<void> measure_connections(Bench& bench) {
    const size_t count = bench.choose(10'000u, 2'000u);
    const auto connections = static_cast<double>(count);
    bench.report().begin(
        "Memory of connections",
        "Resident memory of the server, by the number of connections that were opened. Each has "
        "had one request and its answer, then nothing. A held wait is what it costs beyond its "
        "idle connection; the tickets are made before. Memory of the kernel's sockets is the "
        "same for every server and not counted. The limit is the limit server.");
    TRY_AS(const auto limit, bench.start_limit("connections-limit"));
    const double limit_before = resident(*limit);
    double limit_each = 0;
    {
        TRY_AS(const auto loop, LoadLoop::connect(limit->endpoint(), count));
        TRY(use_all(*loop));
        limit_each = (resident(*limit) - limit_before) / connections;
    }
    TRY_AS(const auto server, bench.start_signalbox("connections"));
    TRY_AS(const auto control, LoadLoop::connect(server->endpoint(), 1));
    TRY_AS(const auto tickets,
           create_tickets(*control, 0, count + 1, [](size_t) { return std::string_view("held"); }));
    const double before = resident(*server);
    TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), count));
    TRY(use_all(*loop));
    const double idle = resident(*server);
    TicketRequests requests;
    for (ConnectionIndex i = 0; i < count; ++i) loop->send(i, requests.wait(tickets[i + 1]));
    TRY_AS(const bool answered,
           loop->run([] { return false; }, SteadyClock::now() + std::chrono::milliseconds(500)));
    if (answered) return fail(ErrorCode::internal, "a wait ended too early");
    TRY(wait_for_metric(*control, 0, "signalbox_waiters", connections));
    const double held = resident(*server);

    const double idle_each = (idle - before) / connections;
    const double held_each = (held - idle) / connections;
    bench.report().add({fmt::format("an idle connection of {}", count), bytes_text(idle_each),
                        bytes_text(limit_each), short_number(idle_each / limit_each), "< 4 KB",
                        verdict(idle_each < idle_bytes_max)});
    bench.report().add({fmt::format("a held wait of {}, beyond its connection", count),
                        bytes_text(held_each), bytes_text(limit_each),
                        short_number(held_each / limit_each), "", Verdict::none});
    return {};
}

}  // namespace signalbox::bench
