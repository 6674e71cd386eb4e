#pragma once

#include <cstdint>

#include "base/ids.h"

namespace signalbox {

// A seeded source of numbers (xoshiro256**): the same seed gives the same run, in every build.
// Not for secrets: an observer of enough output can predict the rest.
// One draw per statement, please: the order in which arguments are evaluated differs between
// compilers, and with it the run that a seed stands for.
class Random {
public:
    explicit Random(uint64_t seed);

    uint64_t next();
    // 0 <= result < bound; `bound` is not 0. The bias is below bound / 2^64.
    uint64_t below(uint64_t bound);
    // True in `numerator` of `denominator` cases.
    bool chance(uint64_t numerator, uint64_t denominator);
    // Version 4.
    Uuid uuid();

private:
    uint64_t state_[4];
};

}  // namespace signalbox
