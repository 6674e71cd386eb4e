#pragma once

#include "bench/harness/bench.h"

namespace signalbox::bench {

// Each fills one or more groups of the table.
Result<void> measure_notify(Bench& bench);

}  // namespace signalbox::bench
