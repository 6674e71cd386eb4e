#include "base/time.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Instant at(int64_t ms) {
    return Instant(Duration(ms));
}

// What `date -u -d ... +%s` says of it.
constexpr int64_t october_2013_ms = 1'382'960'761'000;  // 2013-10-28T11:46:01Z
constexpr int64_t day_ms = 86'400'000;

struct ReadCase {
    const char* text;
    int64_t ms;
};

class InstantForms : public testing::TestWithParam<ReadCase> {};

TEST_P(InstantForms, is_read_as_the_instant_it_means) {
    const auto instant = parse_instant(GetParam().text);
    ASSERT_TRUE(instant) << GetParam().text;
    EXPECT_EQ(instant->time_since_epoch().count(), GetParam().ms) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    WholeTimes, InstantForms,
    testing::Values(ReadCase{"2013-10-28T11:46:01.321Z", october_2013_ms + 321},
                    ReadCase{"2013-10-28T11:46:01Z", october_2013_ms},
                    ReadCase{"2013-10-28t11:46:01z", october_2013_ms},
                    ReadCase{"2013-10-28 11:46:01Z", october_2013_ms},
                    ReadCase{"2013-10-28T11:46:01", october_2013_ms},
                    ReadCase{"1970-01-01T00:00:00Z", 0}, ReadCase{"1969-12-31T23:59:59.999Z", -1},
                    ReadCase{"2000-02-29T00:00:00Z", 951'782'400'000}));

INSTANTIATE_TEST_SUITE_P(MissingParts, InstantForms,
                         testing::Values(ReadCase{"3000", 32'503'680'000'000}, ReadCase{"1970", 0},
                                         ReadCase{"1970-02", 31 * day_ms},
                                         ReadCase{"1970-01-02", day_ms},
                                         ReadCase{"1970-01-01T05", 5 * 3'600'000},
                                         ReadCase{"1970-01-01T05:06", (5 * 60 + 6) * 60'000},
                                         ReadCase{"1970Z", 0}, ReadCase{"1970-01-02Z", day_ms},
                                         ReadCase{"1970-01-01T05Z", 5 * 3'600'000}));

INSTANTIATE_TEST_SUITE_P(Fractions, InstantForms,
                         testing::Values(ReadCase{"1970-01-01T00:00:00.3Z", 300},
                                         ReadCase{"1970-01-01T00:00:00,25Z", 250},
                                         ReadCase{"1970-01-01T00:00:00.0019Z", 1},
                                         ReadCase{"1970-01-01T00:00:00.999999999999999999999999Z",
                                                  999}));

INSTANTIATE_TEST_SUITE_P(Zones, InstantForms,
                         testing::Values(ReadCase{"1970-01-01T02:00:00+02:00", 0},
                                         ReadCase{"1970-01-01T02:00:00+0200", 0},
                                         ReadCase{"1970-01-01T02:00:00+02", 0},
                                         ReadCase{"1969-12-31T18:30:00-05:30", 0},
                                         ReadCase{"1970-01-01T00:00:00-00:00", 0},
                                         ReadCase{"1970-01-02T00:00+23:59", 60'000},
                                         ReadCase{"1970-01-02+01:00", day_ms - 3'600'000}));

INSTANTIATE_TEST_SUITE_P(LeapSecond, InstantForms,
                         testing::Values(ReadCase{"2016-12-31T23:59:60Z", 1'483'228'800'000},
                                         ReadCase{"2016-12-31T23:59:60.5Z", 1'483'228'800'500}));

TEST(ParseInstant, refuses_what_is_no_time) {
    for (const char* text : {"",
                             " ",
                             "abc",
                             "201",
                             "02013",
                             "20131028",
                             "20131028T114601Z",
                             "2013-",
                             "2013-1",
                             "2013-13",
                             "2013-00",
                             "2013-10-",
                             "2013-10-1",
                             "2013-10-32",
                             "2013-10-00",
                             "2013-02-29",
                             "1900-02-29",
                             "2013-10-28T",
                             "2013-10-28T1",
                             "2013-10-28T24",
                             "2013-10-28T24:00:00Z",
                             "2013-10-28T11:",
                             "2013-10-28T11:60",
                             "2013-10-28T11:46:",
                             "2013-10-28T11:46:61Z",
                             "2013-10-28T11:46:01.",
                             "2013-10-28T11:46:01.Z",
                             "2013-10-28T11:46:01.3.3Z",
                             "2013-10-28T11:46:01ZZ",
                             "2013-10-28T11:46:01Z ",
                             " 2013-10-28",
                             "2013-10-28T11:46:01+",
                             "2013-10-28T11:46:01+2",
                             "2013-10-28T11:46:01+02:",
                             "2013-10-28T11:46:01+02:6",
                             "2013-10-28T11:46:01+24:00",
                             "2013-10-28T11:46:01+02:60",
                             "2013-10-28T11:46:01 UTC",
                             "2013/10/28",
                             "-2013",
                             "+2013",
                             "2013-10-28T-1:00",
                             "２０１３",
                             "1382960761",
                             "Mon Oct 28 2013"}) {
        const auto instant = parse_instant(text);
        ASSERT_FALSE(instant) << text;
        EXPECT_EQ(instant.error().code, ErrorCode::invalid_argument);
    }
}

TEST(ParseInstant, says_what_a_good_one_looks_like) {
    const std::string message = parse_instant("tomorrow").error().message;
    const std::string example = message.substr(message.rfind(' ') + 1);
    EXPECT_TRUE(parse_instant(example)) << message;
}

TEST(ParseInstant, does_not_read_past_a_nul) {
    EXPECT_FALSE(parse_instant(std::string_view("2013\0", 5)));
}

TEST(FormatInstant, writes_milliseconds_and_utc) {
    EXPECT_EQ(format_instant(at(october_2013_ms + 321)), "2013-10-28T11:46:01.321Z");
    EXPECT_EQ(format_instant(at(october_2013_ms + 7)), "2013-10-28T11:46:01.007Z");
    EXPECT_EQ(format_instant(at(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(FormatInstant, shows_never_as_the_last_instant_of_year_9999) {
    EXPECT_EQ(format_instant(never), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_instant(*parse_instant("9999-12-31T23:59:59-23:59")),
              "9999-12-31T23:59:59.999Z");
}

TEST(FormatInstant, shows_the_distant_past_as_the_first_instant_of_year_0) {
    EXPECT_EQ(format_instant(Instant::min()), "0000-01-01T00:00:00.000Z");
}

RC_GTEST_PROP(FormatInstant, is_read_back_to_the_same_instant, ()) {
    const int64_t first = parse_instant("0000")->time_since_epoch().count();
    const int64_t last = parse_instant("9999-12-31T23:59:59.999Z")->time_since_epoch().count();
    const Instant instant = at(*rc::gen::inRange(first, last + 1));
    const auto read = parse_instant(format_instant(instant));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == instant);
}

RC_GTEST_PROP(FormatInstant, sorts_as_text_like_the_instants, (int32_t a, int32_t b)) {
    const Instant earlier = at(int64_t{a} * 1000);
    const Instant later = at(int64_t{b} * 1000);
    RC_ASSERT((earlier < later) == (format_instant(earlier) < format_instant(later)));
}

TEST(ParseDuration, knows_every_unit) {
    EXPECT_EQ(parse_duration("0"), Duration(0));
    EXPECT_EQ(parse_duration("0s"), Duration(0));
    EXPECT_EQ(parse_duration("3000000ns"), Duration(3));
    EXPECT_EQ(parse_duration("3000us"), Duration(3));
    EXPECT_EQ(parse_duration("3000µs"), Duration(3));
    EXPECT_EQ(parse_duration("250ms"), Duration(250));
    EXPECT_EQ(parse_duration("90s"), seconds(90));
    EXPECT_EQ(parse_duration("2m"), minutes(2));
    EXPECT_EQ(parse_duration("3h"), hours(3));
    EXPECT_EQ(parse_duration("7d"), hours(7 * 24));
}

TEST(ParseDuration, adds_up_its_terms) {
    EXPECT_EQ(parse_duration("1h30m"), minutes(90));
    EXPECT_EQ(parse_duration("1d2h3m4s5ms"), hours(26) + minutes(3) + seconds(4) + Duration(5));
    EXPECT_EQ(parse_duration("1m1m"), minutes(2));
    EXPECT_EQ(parse_duration("1ms1m"), minutes(1) + Duration(1));
}

TEST(ParseDuration, reads_fractions) {
    EXPECT_EQ(parse_duration("1.5s"), Duration(1500));
    EXPECT_EQ(parse_duration("0.25h"), minutes(15));
    EXPECT_EQ(parse_duration(".5s"), Duration(500));
    EXPECT_EQ(parse_duration("1.0000000000000000000000000001s"), Duration(1000));
}

TEST(ParseDuration, rounds_the_sum_down_to_milliseconds) {
    EXPECT_EQ(parse_duration("1999us"), Duration(1));
    EXPECT_EQ(parse_duration("999999ns"), Duration(0));
    EXPECT_EQ(parse_duration("500us500us"), Duration(1));
}

TEST(ParseDuration, refuses_what_is_no_duration) {
    for (const char* text : {"",       "5",        "00",  "s",  ".",    ".s",  "-5s",   "+5s",
                             "5 s",    " 5s",      "5s ", "5x", "1e3s", "5sx", "1h-5m", "1..5s",
                             "1.5.5s", "infinity", "5S",  "5M", "5min", "5 ",  "1h30",  "½s"}) {
        const auto duration = parse_duration(text);
        ASSERT_FALSE(duration) << text;
        EXPECT_EQ(duration.error().code, ErrorCode::invalid_argument);
    }
}

TEST(ParseDuration, ends_at_292_years) {
    EXPECT_EQ(parse_duration("106751d"), hours(106'751 * 24));
    EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration(9'223'372'036'854));
    for (const char* text :
         {"106752d", "106751d24h", "9223372036854775808ns",
          "99999999999999999999999999999999999999999999999s", "9223372036854775807ns1ns"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(FormatDuration, leaves_out_what_is_zero) {
    EXPECT_EQ(format_duration(Duration(0)), "0s");
    EXPECT_EQ(format_duration(Duration(250)), "250ms");
    EXPECT_EQ(format_duration(seconds(90)), "1m30s");
    EXPECT_EQ(format_duration(hours(24 * 7)), "7d");
    EXPECT_EQ(format_duration(hours(25) + Duration(1)), "1d1h1ms");
}

RC_GTEST_PROP(FormatDuration, is_read_back_to_the_same_duration, ()) {
    const Duration duration(*rc::gen::inRange<int64_t>(0, 106'751 * day_ms));
    RC_ASSERT(parse_duration(format_duration(duration)) == duration);
}

TEST(SaturatingAdd, stops_at_never) {
    EXPECT_EQ(saturating_add(never, Duration(1)), never);
    EXPECT_EQ(saturating_add(never - Duration(5), Duration(6)), never);
    EXPECT_EQ(saturating_add(never - Duration(5), Duration(5)), never);
    EXPECT_EQ(saturating_add(never - Duration(5), Duration(4)), never - Duration(1));
    EXPECT_EQ(saturating_add(at(1), Duration::max()), never);
}

TEST(SaturatingAdd, adds_to_instants_before_1970) {
    EXPECT_EQ(saturating_add(at(-5), Duration(7)), at(2));
    EXPECT_EQ(saturating_add(Instant::min(), Duration::max()), at(-1));
    EXPECT_EQ(saturating_add(at(0), Duration::max()), never);
}

}  // namespace
}  // namespace signalbox
