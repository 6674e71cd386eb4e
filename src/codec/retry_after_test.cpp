#include "codec/retry_after.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

using std::chrono::seconds;

TEST(RetryAfter, is_seconds_or_a_date) {
    const auto now = parse_instant("1994-11-06T08:49:07Z").value();
    const std::pair<const char*, int64_t> good[] = {
        {"0", 0},
        {"120", 120},
        {"007", 7},
        {"99999999999999999999999999", 365L * 24 * 3600},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 30},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 30},
        {"Sun Nov  6 08:49:37 1994", 30},
        {"Sun, 06 Nov 1994 08:48:37 GMT", 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 365L * 24 * 3600},
    };
    for (const auto& [text, expected] : good) {
        EXPECT_EQ(parse_retry_after(text, now), seconds(expected)) << text;
    }
    for (const auto* text : {"", "soon", "-1", "1.5", "12 s", "Sun, 06 Nov 1994", "0x10",
                             "Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 36 Nov 1994 08:49:37 GMT"}) {
        EXPECT_FALSE(parse_retry_after(text, now)) << text;
    }
}

}  // namespace
}  // namespace signalbox
