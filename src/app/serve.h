#pragma once

#include "app/options.h"

namespace signalbox {

// Runs the server until SIGTERM or SIGINT; returns the exit status. What goes wrong before it
// is ready is told on stderr.
int serve(const ServeOptions& options);

}  // namespace signalbox
