#include "app/version.h"

namespace signalbox {

const char* version() {
    return SIGNALBOX_VERSION;
}

}  // namespace signalbox
