#include "app/table.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

TEST(Table, MakesEachColumnAsWideAsItNeedsToBe) {
    Table table({"NAME", "N"});
    EXPECT_TRUE(table.empty());
    table.add({"a", "1"});
    table.add({"l\xc3\xa4nger", ""});
    EXPECT_EQ(table.text(),
              "NAME    N\n"
              "a       1\n"
              "l\xc3\xa4nger  -\n");
    EXPECT_EQ(table.text(3), "NAM\na  \nl\xc3\xa4n\n");
}

TEST(Fields, LeavesOutWhatIsEmpty) {
    Fields fields;
    fields.add("ticket", "x");
    fields.add("owner", "");
    fields.add("ttl", "30s");
    EXPECT_EQ(fields.text(), "ticket  x\nttl     30s\n");
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
    EXPECT_EQ(printable("a\x1b[2J\r\n\x7f"), "a\\x1b[2J\\x0d\\x0a\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
    EXPECT_EQ(printable("\xc2\xa0\xe2\x82\xac"), "\xc2\xa0\xe2\x82\xac");
}

TEST(RelativeTime, SaysAsMuchAsAPersonWantsToKnow) {
    const Instant now(std::chrono::hours(24 * 20000));
    EXPECT_EQ(relative_time(now - 300ms, now), "now");
    EXPECT_EQ(relative_time(now - 59s, now), "59s ago");
    EXPECT_EQ(relative_time(now - 192s, now), "3m12s ago");
    EXPECT_EQ(relative_time(now + 5h + 4min, now), "in 5h04m");
    EXPECT_EQ(relative_time(now - 49h, now), "2d ago");
    EXPECT_EQ(rough_duration(250ms), "250ms");
}

}  // namespace
}  // namespace signalbox
