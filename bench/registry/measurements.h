#pragma once

#include "bench/harness/bench.h"

namespace signalbox::bench {

Result<void> measure_registry(Bench& bench);

}  // namespace signalbox::bench
