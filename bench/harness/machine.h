#pragma once

#include <string>

#include "base/result.h"

namespace signalbox::bench {

// Keeps this process, and every one that it starts, on the first two of the cores it may use:
// two cores is the machine that the figures are published for. Returns which.
std::string use_two_cores();

// What the figures depend on.
struct Machine {
    std::string date;  // UTC
    size_t cores = 0;  // there are; see use_two_cores()
    std::string processor;
    std::string kernel;
    std::string filesystem;  // of the data
    std::string load;        // average of the last minute, when it was asked

    static Machine look(const std::string& directory);
};

}  // namespace signalbox::bench
