#include "core/run_set.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

TEST(RunSet, keeps_what_touches_as_one_run) {
    RunSet set;
    set.add(5, 8);
    set.add(10);
    EXPECT_EQ(set.run_count(), 2u);
    set.add(8, 10);
    EXPECT_EQ(set.run_count(), 1u);
    EXPECT_EQ(set.first(), 5u);
    EXPECT_EQ(set.first_gap(5), 11u);
    EXPECT_EQ(set.first_gap(4), 4u);
    set.remove(7);
    EXPECT_EQ(set.first_gap(5), 7u);
    EXPECT_EQ(set.first_gap(8), 11u);
    EXPECT_EQ(set.run_count(), 2u);
}

// Against a set that holds every number by itself.
RC_GTEST_PROP(RunSet, holds_what_was_added_and_not_removed, ()) {
    RunSet set;
    std::set<uint64_t> model;
    const auto steps = *rc::gen::inRange(0, 60);
    for (int i = 0; i < steps; ++i) {
        const bool adds = *rc::gen::inRange(0, 3) > 0;
        const auto first = static_cast<uint64_t>(*rc::gen::inRange(0, 60));
        const auto end = first + static_cast<uint64_t>(*rc::gen::inRange(0, 20));
        if (adds) {
            set.add(first, end);
        } else {
            set.remove(first, end);
        }
        for (uint64_t number = first; number < end; ++number) {
            if (adds) {
                model.insert(number);
            } else {
                model.erase(number);
            }
        }
        set.check();
        RC_ASSERT(set.first() == (model.empty() ? RunSet::none : *model.begin()));
        for (uint64_t number = 0; number < 85; ++number) {
            RC_ASSERT(set.contains(number) == model.contains(number));
            uint64_t gap = number;
            while (model.contains(gap)) ++gap;
            RC_ASSERT(set.first_gap(number) == gap);
        }
    }
}

}  // namespace
}  // namespace signalbox
