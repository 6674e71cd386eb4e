#pragma once

#include "bench/harness/bench.h"

namespace signalbox::bench {

// Each fills one or more groups of the table.
Result<void> measure_throughput(Bench& bench);
Result<void> measure_hand_over(Bench& bench);
Result<void> measure_depth(Bench& bench);
Result<void> measure_expiry(Bench& bench);
Result<void> measure_memory(Bench& bench);
Result<void> measure_connections(Bench& bench);
Result<void> measure_start(Bench& bench);
Result<void> measure_micro(Bench& bench);

}  // namespace signalbox::bench
