#include "bench/load/histogram.h"

#include <gtest/gtest.h>

namespace signalbox::bench {
namespace {

TEST(Histogram, AnEmptyOneHasOnlyZeros) {
    const Histogram histogram;
    EXPECT_EQ(histogram.percentile(0.5).count(), 0);
    EXPECT_EQ(histogram.max().count(), 0);
}

TEST(Histogram, EveryPercentileIsWithinThreePercent) {
    Histogram histogram;
    for (int64_t value = 1; value <= 1'000'000; ++value) histogram.add(Nanoseconds(value));
    for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999}) {
        const auto found = static_cast<double>(histogram.percentile(fraction).count());
        const double exact = fraction * 1e6;
        EXPECT_GE(found, exact * 0.999) << fraction;
        EXPECT_LE(found, exact * 1.032) << fraction;
    }
    EXPECT_EQ(histogram.percentile(1.0).count(), 1'000'000);
}

TEST(Histogram, WhatIsBeyondItsRangeCountsAsItsLargestAndKeepsTheMaximum) {
    Histogram histogram;
    histogram.add(std::chrono::hours(10));
    EXPECT_EQ(histogram.max(), std::chrono::hours(10));
    EXPECT_EQ(histogram.count(), 1u);
    histogram.add(Nanoseconds(-5));
    EXPECT_EQ(histogram.percentile(0.5).count(), 0);
}

TEST(Histogram, TwoAddUp) {
    Histogram low;
    Histogram high;
    low.add(Nanoseconds(10));
    high.add(Nanoseconds(30));
    low.add(high);
    EXPECT_EQ(low.count(), 2u);
    EXPECT_EQ(low.percentile(0.5).count(), 10);
    EXPECT_EQ(low.max().count(), 30);
}

}  // namespace
}  // namespace signalbox::bench
