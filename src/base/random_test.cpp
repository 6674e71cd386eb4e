#include "base/random.h"

#include <array>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

// From the reference implementation: splitmix64 for the state, then xoshiro256**. A seed in a
// bug report must mean the same run for ever.
TEST(Random, gives_the_sequence_of_its_seed_in_every_build) {
    struct Golden {
        uint64_t seed;
        std::array<uint64_t, 4> numbers;
    };
    for (const auto& golden :
         {Golden{0,
                 {0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0, 0x6aa594f1262d2d2c}},
          Golden{1,
                 {0xb3f2af6d0fc710c5, 0x853b559647364cea, 0x92f89756082a4514, 0x642e1c7bc266a3a7}},
          Golden{
              0xffffffffffffffff,
              {0x8f5520d52a7ead08, 0xc476a018caa1802d, 0x81de31c0d260469e, 0xbf658d7e065f3c2f}}}) {
        Random random(golden.seed);
        for (const uint64_t number : golden.numbers) EXPECT_EQ(random.next(), number);
    }
}

TEST(Random, makes_the_same_uuids_from_the_same_seed) {
    Random random(1);
    EXPECT_EQ(random.uuid().text(), "c510c70f-6daf-42b3-aa4c-364796553b85");
    EXPECT_EQ(random.uuid().text(), "14452a08-5697-4892-a7a3-66c27b1c2e64");
}

RC_GTEST_PROP(Random, stays_below_its_bound, (uint64_t seed)) {
    Random random(seed);
    const uint64_t bound = *rc::gen::positive<uint64_t>();
    for (int i = 0; i < 20; ++i) RC_ASSERT(random.below(bound) < bound);
}

TEST(Random, reaches_every_number_below_a_small_bound) {
    Random random(3);
    std::set<uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
    EXPECT_EQ(seen.size(), 7u);
}

TEST(Random, takes_a_chance_as_often_as_it_was_told) {
    Random random(4);
    int taken = 0;
    for (int i = 0; i < 10'000; ++i) taken += random.chance(1, 4) ? 1 : 0;
    EXPECT_NEAR(taken, 2500, 200);
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(random.chance(0, 5));
        EXPECT_TRUE(random.chance(5, 5));
    }
}

RC_GTEST_PROP(Random, makes_uuids_of_version_4, (uint64_t seed)) {
    const auto text = Random(seed).uuid().text();
    RC_ASSERT(text[14] == '4');
    RC_ASSERT(std::string_view("89ab").find(text[19]) != std::string_view::npos);
}

}  // namespace
}  // namespace signalbox
