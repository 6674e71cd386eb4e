#include "text.h"

#include <gtest/gtest.h>

namespace signalbox::client {
namespace {

using namespace std::chrono_literals;

TEST(Text, OfInstantsIsReadAndWritten) {
    const Instant instant = Instant(1382960761321ms);
    EXPECT_EQ(format_instant(instant), "2013-10-28T11:46:01.321Z");
    EXPECT_EQ(parse_instant("2013-10-28T11:46:01.321Z"), instant);
    EXPECT_EQ(parse_instant("2013-10-28T11:46:01Z"), instant - 321ms);
    EXPECT_EQ(format_instant(*parse_instant("9999-12-31T23:59:59.999Z")),
              "9999-12-31T23:59:59.999Z");
    for (const auto* wrong :
         {"", "2013-10-28", "2013-10-28T11:46:01", "2013-02-30T11:46:01Z", "2013-13-01T11:46:01Z",
          "2013-10-28T24:46:01Z", "2013-10-28T11:46:01.3Z", "2013-10-28T11:46:01.321Zx",
          "+013-10-28T11:46:01Z", "2013-10-28 11:46:01Z"}) {
        EXPECT_FALSE(parse_instant(wrong)) << wrong;
    }
}

TEST(Text, OfDurationsIsRead) {
    EXPECT_EQ(parse_duration("1d2h3m4s5ms"), 26h + 3min + 4s + 5ms);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("0"), 0ms);
    EXPECT_EQ(parse_duration(format_duration(90s)), 90s);
    for (const auto* wrong :
         {"", "s", "5", "-5s", "5x", "1s5", "999999999999999999999s", "9223372036854775807d"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
}

TEST(Text, ForUrlsIsEncoded) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a/b c%\xc3\xa4"), "a%2Fb%20c%25%C3%A4");
}

TEST(Text, OfIdempotencyKeysDiffers) {
    EXPECT_NE(make_idempotency_key(), make_idempotency_key());
    EXPECT_EQ(make_idempotency_key().size(), std::string("client-").size() + 32);
}

}  // namespace
}  // namespace signalbox::client
