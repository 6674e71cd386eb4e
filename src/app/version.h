#pragma once

namespace signalbox {

// "0.1.0", from the build.
const char* version();

}  // namespace signalbox
