#include "bench/harness/load_round.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox::bench {
namespace {

constexpr auto drain_timeout = std::chrono::seconds(30);

std::string round_text(double rate, const Histogram& latency, double processor_us) {
    return fmt::format("{}/s, p50 {}, p99 {}, CPU {:.1f} us", short_number(rate),
                       time_text(latency.percentile(0.5)), time_text(latency.percentile(0.99)),
                       processor_us);
}

}  // namespace

void Series::add(const LoadRound& product_round, const LoadRound& limit_round) {
    rate.add(product_round.per_second, limit_round.per_second);
    processor.add(product_round.processor_us, limit_round.processor_us);
    product.add(product_round.latency);
    limit.add(limit_round.latency);
}

Figure Series::figure(std::string what, double things) const {
    Figure figure;
    figure.what = std::move(what);
    figure.value = round_text(rate.product() * things, product, processor.product());
    figure.limit = round_text(rate.limit() * things, limit, processor.limit());
    figure.ratio = rate.ratio_text();
    return figure;
}

Result<LoadRound> run_round(LoadLoop& loop, const Child& server, const LoadCalls& calls,
                            const LoadPlan& plan) {
    LoadRound round;
    bool is_good = true;
    const auto send_next = [&](ConnectionIndex connection) {
        const auto request = calls.next(connection);
        if (!request.empty()) loop.send(connection, request);
    };
    const auto processor_before = server.processor_time();
    const auto start = SteadyClock::now();
    const auto deadline = start + plan.span;
    auto last = start;
    loop.on_answer([&](const Answer& answer) {
        is_good = is_good && calls.take(answer);
        const auto now = SteadyClock::now();
        if (now >= deadline || !is_good) return;
        last = now;
        round.latency.add(answer.latency);
        send_next(answer.connection);
    });
    for (size_t i = 0; i < plan.depth; ++i) {
        for (ConnectionIndex c = 0; c < loop.connection_count(); ++c) send_next(c);
    }
    const auto is_over = [&] { return !is_good || loop.outstanding() == 0; };
    TRY_AS(const bool ended, loop.run(is_over, deadline + drain_timeout));
    loop.on_answer(nullptr);
    if (!is_good || !ended) return fail(ErrorCode::internal, "a request was not answered well");
    const auto used = server.processor_time() - processor_before;
    const auto count = static_cast<double>(round.latency.count());
    // There may be nothing more to do before the time is over.
    round.per_second = count / std::max(seconds_of(last - start), 1e-9);
    round.processor_us = seconds_of(used) * 1e6 / std::max(count, 1.0);
    return round;
}

}  // namespace signalbox::bench
