#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "queues_side_by_side.h"

// Random commands about queues to the engine and to the model; both must agree after each.
// rapidcheck finds the shortest script that makes them differ, and prints it.

namespace signalbox {
namespace {

TEST(QueuesModel, agrees_with_the_engine_after_every_step) {
    // RC_PARAMS="seed=..." repeats a run that failed.
    ::setenv("RC_PARAMS", "max_success=1000 max_size=200", 0);
    const bool agrees = rc::check("the engine does with messages what the model does", [] {
        const auto script = *rc::gen::container<std::vector<uint64_t>>(
            rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint64_t>(0, UINT64_MAX)));
        QueuesSideBySide both;
        for (const auto code : script) both.step(code);
    });
    EXPECT_TRUE(agrees);
}

}  // namespace
}  // namespace signalbox
