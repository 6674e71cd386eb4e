#pragma once

#include "bench/harness/bench.h"

namespace signalbox::bench {

// Each fills one or more groups of the table.
Result<void> measure_queue_throughput(Bench& bench);
Result<void> measure_queue_depth(Bench& bench);
Result<void> measure_queue_memory(Bench& bench);
Result<void> measure_import(Bench& bench);
Result<void> measure_peers(Bench& bench);

}  // namespace signalbox::bench
