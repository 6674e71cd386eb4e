#pragma once

#include <functional>
#include <string_view>

#include "bench/harness/child.h"
#include "bench/harness/report.h"
#include "bench/harness/statistics.h"

namespace signalbox::bench {

// What connections ask for, one request after the other.
struct LoadCalls {
    // Empty when there is nothing more to do; lives until the next call.
    std::function<std::string_view(ConnectionIndex)> next;
    // False when it is no good answer.
    std::function<bool(const Answer&)> take;
};

struct LoadPlan {
    Nanoseconds span{};
    size_t depth = 1;  // requests under way on every connection
};

struct LoadRound {
    double per_second = 0;    // answers
    double processor_us = 0;  // of the server, for an answer
    Histogram latency;
};

// Keeps `depth` requests under way on every connection for as long as `span`.
Result<LoadRound> run_round(LoadLoop& loop, const Child& server, const LoadCalls& calls,
                            const LoadPlan& plan);

// The rounds of one row of the table, of the product and of its limit.
struct Series {
    Rounds rate;
    Rounds processor;
    Histogram product;
    Histogram limit;

    void add(const LoadRound& product_round, const LoadRound& limit_round);
    // With so many things done by one answer.
    [[nodiscard]] Figure figure(std::string what, double things = 1) const;
};

}  // namespace signalbox::bench
