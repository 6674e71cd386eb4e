#include "crash_loop.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "operation_crash_loop.h"
#include "notify_crash_loop.h"
#include "queue_crash_loop.h"
#include "registry_crash_loop.h"

namespace signalbox {
namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::atoi(text));
}

// With the core as a guest on the one io thread, and on a thread of its own.
class CrashLoopTest : public testing::TestWithParam<int> {};

// CRASH_KILLS and CRASH_SEED make it longer, and different.
TEST_P(CrashLoopTest, loses_nothing_that_was_acknowledged) {
    CrashLoop loop({.kills = from_environment("CRASH_KILLS", 30),
                    .seed = from_environment("CRASH_SEED", 1),
                    .arguments = {"--io-threads", std::to_string(GetParam())}});
    EXPECT_EQ(loop.run(), std::vector<std::string>());
    std::printf("%llu tickets were created, granted and released\n",
                static_cast<unsigned long long>(loop.cycles()));
}

TEST_P(CrashLoopTest, loses_no_message_and_gives_none_to_two) {
    QueueCrashLoop loop({.kills = from_environment("CRASH_KILLS", 30),
                         .seed = from_environment("CRASH_SEED", 1),
                         .arguments = {"--io-threads", std::to_string(GetParam())}});
    EXPECT_EQ(loop.run(), std::vector<std::string>());
    EXPECT_GT(loop.acknowledged(), 0u);
    std::printf("%llu messages were posted, claimed and acknowledged\n",
                static_cast<unsigned long long>(loop.acknowledged()));
}

TEST_P(CrashLoopTest, ends_each_operation_once_and_in_time) {
    OperationCrashLoop loop({.kills = from_environment("CRASH_KILLS", 30) / 3,
                             .seed = from_environment("CRASH_SEED", 1),
                             .arguments = {"--io-threads", std::to_string(GetParam())}});
    EXPECT_EQ(loop.run(), std::vector<std::string>());
    EXPECT_GT(loop.timed_out(), 0u);
    std::printf("%llu operations had no report in time, and followers came %d times\n",
                static_cast<unsigned long long>(loop.timed_out()), loop.connections());
}

// CRASH_NOTIFICATIONS makes it longer.
TEST_P(CrashLoopTest, tells_everybody_everything_in_order_and_under_one_id) {
    NotifyCrashLoop loop({.kills = from_environment("CRASH_KILLS", 10),
                          .notifications = from_environment("CRASH_NOTIFICATIONS", 20'000),
                          .seed = from_environment("CRASH_SEED", 1),
                          .arguments = {"--io-threads", std::to_string(GetParam())}});
    EXPECT_EQ(loop.run(), std::vector<std::string>());
    std::printf("%llu of %llu calls were taken\n", static_cast<unsigned long long>(loop.taken()),
                static_cast<unsigned long long>(loop.calls()));
}

TEST_P(CrashLoopTest, keeps_keys_locks_and_services) {
    RegistryCrashLoop loop({.kills = from_environment("CRASH_KILLS", 30) / 3,
                            .arguments = {"--io-threads", std::to_string(GetParam())}});
    EXPECT_EQ(loop.run(), std::vector<std::string>());
    EXPECT_GT(loop.locks(), 0u);
    std::printf("%llu keys were written, and a key was held %llu times\n",
                static_cast<unsigned long long>(loop.writes()),
                static_cast<unsigned long long>(loop.locks()));
}

INSTANTIATE_TEST_SUITE_P(IoThreads, CrashLoopTest, testing::Values(1, 2),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace signalbox
