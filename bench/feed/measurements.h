#pragma once

#include "bench/harness/bench.h"

namespace signalbox::bench {

// Fills one group of the table.
Result<void> measure_feed(Bench& bench);

}  // namespace signalbox::bench
