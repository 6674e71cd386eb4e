#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/random.h"
#include "port/disk.h"

namespace signalbox {

// What a data directory says of itself, in its file META, written once when it is made.
struct DataDirectory {
    // Of the revisions in it. Another one means that they do not continue each other, so a
    // cursor from before is refused instead of being silently wrong.
    uint64_t history = 0;
    Uuid node;
    size_t partitions = 1;

    // Reads META, or makes it with `partitions_wanted`. `conflict` when the directory was made
    // with another number of partitions: tenants could not be found any more.
    static Result<DataDirectory> open(Disk& disk, size_t partitions_wanted, Random& random);
};

}  // namespace signalbox
