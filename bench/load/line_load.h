#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "bench/load/histogram.h"
#include "bench/load/load_loop.h"

namespace signalbox::bench {

// A load for servers that are asked in any bytes and answer in lines: the same request again and
// again on every connection, the next one when the answer to the last is whole.
struct LineLoad {
    std::string request;
    size_t lines = 1;  // of an answer
    std::string good;  // what the first of them begins with
    size_t connections = 64;
    Nanoseconds span{};
};

struct LineRound {
    double per_second = 0;  // answers
    Histogram latency;
};

// Fails when a connection breaks or an answer is not good.
Result<LineRound> run_line_load(Endpoint endpoint, const LineLoad& load);

}  // namespace signalbox::bench
