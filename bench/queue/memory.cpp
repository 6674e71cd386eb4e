#include <thread>

#include <fmt/format.h>

#include "bench/harness/server_metric.h"
#include "bench/harness/statistics.h"
#include "bench/queue/measurements.h"
#include "bench/queue/queue_client.h"

// What queues and their messages cost in memory.

namespace signalbox::bench {
namespace {

constexpr double bytes_max = 400;
constexpr size_t depth = 200;  // requests under way on the connection

struct Use {
    double resident = 0;
    double store = 0;  // the caches of the store, as the server's own metric tells

    [[nodiscard]] double own() const { return resident - store; }
};

Result<Use> look(const Child& server, LoadLoop& loop) {
    // Flushes of the store that the load has begun come to their end, and the metric follows.
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    TRY_AS(const auto store, read_metric(loop, 0, "signalbox_store_memory_bytes"));
    return Use{static_cast<double>(server.memory().resident), store.value_or(0)};
}

Result<void> create_queues(LoadLoop& loop, size_t count) {
    QueueRequests requests;
    size_t sent = 0;
    bool is_good = true;
    const auto send_next = [&] {
        if (sent == count) return;
        loop.send(0, requests.create_queue(fmt::format("queue-{:07}", sent++)));
    };
    loop.on_answer([&](const Answer& answer) {
        is_good = is_good && answer.status == QueueRequests::created_status;
        if (is_good) send_next();
    });
    for (size_t i = 0; i < depth; ++i) send_next();
    const auto ran = loop.run([&] { return !is_good || loop.outstanding() == 0; },
                              SteadyClock::now() + std::chrono::minutes(5));
    loop.on_answer(nullptr);
    if (!ran) return fail(ran.error());
    if (!is_good || !*ran) return fail(ErrorCode::internal, "a queue could not be made");
    return {};
}

// What the server holds after `fill`, and after a restart, beyond what it held empty.
template <class Fill>
Result<void> measure(Bench& bench, std::string_view what, size_t count, const Fill& fill) {
    const std::string name = "queue-memory";
    bench.forget(name);
    Use empty;
    Use full;
    {
        TRY_AS(const auto server, bench.start_signalbox(name));
        TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), 1));
        TRY_AS(empty, look(*server, *loop));
        TRY(fill(*loop));
        TRY_AS(full, look(*server, *loop));
        TRY(server->stop());
    }
    TRY_AS(const auto server, bench.start_signalbox(name));
    TRY_AS(const auto loop, LoadLoop::connect(server->endpoint(), 1));
    TRY_AS(const auto restarted, look(*server, *loop));
    bench.forget(name);
    const auto each = [&](const Use& use) {
        return (use.own() - empty.own()) / static_cast<double>(count);
    };
    const auto add = [&](std::string text, const Use& use) {
        bench.report().add({std::move(text), fmt::format("{:.0f} B", each(use)),
                            fmt::format("{:.0f} MB empty", empty.own() / 1e6), "", "< 400 B",
                            verdict(each(use) < bytes_max)});
    };
    add(fmt::format("{} of {}", what, short_number(static_cast<double>(count))), full);
    add("the same after a restart", restarted);
    return {};
}

}  // namespace

Result<void> measure_queue_memory(Bench& bench) {
    bench.report().begin(
        "Memory of queues and messages",
        "Resident memory of the server after so many were made, minus that of the same server "
        "before, minus what its own metric signalbox_store_memory_bytes says that the store's "
        "write buffers and block cache have grown by, which are bounded by options; the second "
        "row after a clean restart. A queue in which nothing goes on is a row of the store.");
    const size_t count = bench.choose(1'000'000u, 50'000u);
    TRY(measure(bench, "an idle queue", count,
                [&](LoadLoop& loop) { return create_queues(loop, count); }));
    return measure(bench, "a waiting message", count,
                   [&](LoadLoop& loop) { return fill_queue(loop, {"memory", count, {100, 64}}); });
}

}  // namespace signalbox::bench
