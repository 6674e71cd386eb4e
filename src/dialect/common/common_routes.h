#pragma once

#include "dialect/router.h"

// What every port answers, whatever it speaks: /healthz, /readyz and /metrics.

namespace signalbox::common {

void add_routes(Router& router);

}  // namespace signalbox::common
