#pragma once

#include <optional>
#include <string_view>

#include "bench/load/load_loop.h"

namespace signalbox::bench {

// The sum of a metric over its labels; nothing when there is none of that name.
Result<std::optional<double>> read_metric(LoadLoop& loop, ConnectionIndex connection,
                                          std::string_view name);
// Until the metric has that value; it lags behind by a fraction of a second.
Result<void> wait_for_metric(LoadLoop& loop, ConnectionIndex connection, std::string_view name,
                             double value);

}  // namespace signalbox::bench
