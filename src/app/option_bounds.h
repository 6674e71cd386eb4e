#pragma once

#include <functional>
#include <set>
#include <string>

#include "app/options.h"

// Options of `serve` that are bounded by others.

namespace signalbox {

// Options that somebody gave, by their names.
using GivenOptions = std::set<std::string, std::less<>>;

// A default follows what bounds it. Fails with an option that was given and is beyond.
Result<void> keep_bounds(ServeOptions& options, const GivenOptions& given);

}  // namespace signalbox
