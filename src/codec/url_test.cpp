#include "codec/url.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

using namespace std::string_literals;

TEST(PercentDecode, turns_escapes_into_bytes) {
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("a%2Fb%2fc"), "a/b/c");
    EXPECT_EQ(percent_decode("%00"), "\0"s);
    EXPECT_EQ(percent_decode("%c3%a9"), "é");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("%2541"), "%41");
}

TEST(PercentDecode, refuses_malformed_escapes) {
    for (const char* text : {"%", "a%", "%4", "%4g", "%g4", "% 41", "%%41", "%-1", "%+1", "%0x"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
}

TEST(PercentDecode, refuses_what_is_not_utf_8) {
    for (const char* text : {"%ff", "%c3", "%c0%af", "%ed%a0%80", "\xff"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
}

TEST(PercentEncode, leaves_only_letters_digits_and_four_marks) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode(" /?&=+%é"), "%20%2F%3F%26%3D%2B%25%C3%A9");
    EXPECT_EQ(percent_encode("\0"s), "%00");
}

RC_GTEST_PROP(PercentEncode, is_decoded_to_the_same_text, (const std::string& text)) {
    const auto decoded = percent_decode(percent_encode(text));
    if (is_valid_utf8(text)) {
        RC_ASSERT(decoded == text);
    } else {
        RC_ASSERT(decoded == std::nullopt);
    }
}

TEST(ParseQuery, keeps_names_and_values_in_their_order) {
    const QueryParameters expected{{"b", "1"}, {"a", ""}, {"b", "2"}, {"c", ""}, {"", "x"}};
    EXPECT_EQ(parse_query("b=1&a=&b=2&c&=x"), expected);
}

TEST(ParseQuery, decodes_both_sides) {
    const QueryParameters expected{{"a b", "1 2=3"}, {"&", "+"}};
    EXPECT_EQ(parse_query("a+b=1%202=3&%26=%2B"), expected);
}

TEST(ParseQuery, passes_over_nothing) {
    EXPECT_EQ(parse_query(""), QueryParameters());
    EXPECT_EQ(parse_query("&&"), QueryParameters());
    const QueryParameters one{{"a", "1"}};
    EXPECT_EQ(parse_query("&a=1&"), one);
}

TEST(ParseQuery, refuses_the_whole_when_a_part_is_malformed) {
    for (const char* query : {"a=1&b=%", "%zz=1", "a=%ff&b=1"}) {
        EXPECT_EQ(parse_query(query), std::nullopt) << query;
    }
}

RC_GTEST_PROP(ParseQuery, reads_back_what_was_encoded, ()) {
    const auto name_or_value = rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
    const auto parameters =
        *rc::gen::container<QueryParameters>(rc::gen::pair(name_or_value, name_or_value));
    std::string query;
    for (const auto& [name, value] : parameters) {
        query += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    RC_ASSERT(parse_query(query) == parameters);
}

TEST(IsValidUtf8, knows_the_edges_of_the_code) {
    for (const char* text :
         {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(is_valid_utf8(text)) << text;
    }
    for (const char* text : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                             "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xc2"}) {
        EXPECT_FALSE(is_valid_utf8(text)) << text;
    }
}

}  // namespace
}  // namespace signalbox
