#include "crash_loop.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace signalbox {
namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::atoi(text));
}

// CRASH_KILLS and CRASH_SEED make it longer, and different.
TEST(CrashLoop, loses_nothing_that_was_acknowledged) {
    CrashLoop loop(
        {.kills = from_environment("CRASH_KILLS", 50), .seed = from_environment("CRASH_SEED", 1)});
    EXPECT_EQ(loop.run(), std::vector<std::string>());
    std::printf("%llu tickets were created, granted and released\n",
                static_cast<unsigned long long>(loop.cycles()));
}

}  // namespace
}  // namespace signalbox
