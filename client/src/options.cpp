#include "signalbox/client/options.h"

#include <cstdlib>

namespace signalbox::client {
namespace {

void read_variable(const char* name, std::string& value) {
    const char* text = std::getenv(name);
    if (text != nullptr && *text != '\0') value = text;
}

}  // namespace

Options Options::from_environment() {
    Options options;
    read_variable("SIGNALBOX_URL", options.url);
    read_variable("SIGNALBOX_TOKEN", options.token);
    read_variable("SIGNALBOX_TENANT", options.tenant);
    return options;
}

}  // namespace signalbox::client
