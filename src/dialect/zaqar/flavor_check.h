#pragma once

#include <functional>
#include <string>

#include "dialect/exchange.h"
#include "dialect/zaqar/zaqar_fault.h"
#include "dialect/zaqar/zaqar_options.h"

namespace signalbox::zaqar {

// Calls `then` once it is known that the flavor that a queue names exists, at once when it names
// none or nobody has to care; or answers that it does not.
void with_known_flavor(const ExchangePtr& exchange, const Options& options,
                       const std::string& project, const std::optional<std::string>& flavor,
                       std::function<void()> then);

}  // namespace signalbox::zaqar
