#include "core/cursor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

constexpr uint64_t history = 0xf3a1;

TEST(Cursor, names_a_place_behind_an_event_or_behind_a_revision) {
    EXPECT_EQ((Cursor{history, {Revision(1234), 0}}).text(), "000000000000f3a1-1234-0");
    EXPECT_EQ((Cursor{history, end_of(Revision(1234))}).text(), "000000000000f3a1-1234");
}

RC_GTEST_PROP(Cursor, is_read_back, (uint64_t of_history, uint64_t revision, uint32_t index)) {
    const bool at_end = *rc::gen::arbitrary<bool>();
    const FeedPosition position =
        at_end ? end_of(Revision(revision)) : FeedPosition{Revision(revision), index};
    const auto read = Cursor::parse(Cursor{of_history, position}.text());
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->history == of_history);
    RC_ASSERT(read->position == position);
}

TEST(Cursor, is_not_read_from_anything_else) {
    for (const char* text : {"",
                             "-",
                             "1234",
                             "000000000000f3a1",
                             "000000000000f3a1-",
                             "000000000000f3a1--1",
                             "000000000000f3a1-1-",
                             "000000000000f3a1-1-2-3",
                             "000000000000f3a1-1-x",
                             "000000000000f3a1-x",
                             "000000000000f3a1-1 ",
                             " 00000000000f3a1-1",
                             "000000000000f3a1- 1",
                             "000000000000f3a1-+1",
                             "00000000000f3a1-1",
                             "0000000000000f3a1-1",
                             "00000000000xf3a1-1",
                             "-00000000000f3a1-1",
                             "000000000000f3a1-18446744073709551616",
                             "000000000000f3a1-1-4294967296",
                             "000000000000f3a1_1"}) {
        EXPECT_FALSE(Cursor::parse(text)) << text;
    }
}

TEST(Cursor, is_read_from_other_spellings_of_the_same) {
    for (const char* text : {"000000000000F3A1-1234", "000000000000f3a1-0001234",
                             "000000000000f3a1-1234-4294967295"}) {
        const auto read = Cursor::parse(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(read->text(), "000000000000f3a1-1234");
    }
}

TEST(FeedPosition, sorts_by_revision_and_then_by_index) {
    EXPECT_LT((FeedPosition{Revision(1), 9}), (FeedPosition{Revision(2), 0}));
    EXPECT_LT((FeedPosition{Revision(2), 0}), (FeedPosition{Revision(2), 1}));
    EXPECT_LT((FeedPosition{Revision(2), 1'000'000}), end_of(Revision(2)));
    EXPECT_LT(end_of(Revision(2)), (FeedPosition{Revision(3), 0}));
}

TEST(FeedPosition, is_kept_when_nothing_behind_it_was_trimmed) {
    const Revision floor(10);
    EXPECT_TRUE(is_kept({Revision(10), 0}, floor));
    EXPECT_TRUE(is_kept(end_of(Revision(10)), floor));
    EXPECT_TRUE(is_kept(end_of(Revision(9)), floor));
    EXPECT_FALSE(is_kept({Revision(9), 0}, floor));
    EXPECT_FALSE(is_kept(end_of(Revision(8)), floor));
    EXPECT_TRUE(is_kept(end_of(Revision(0)), Revision(1)));
}

}  // namespace
}  // namespace signalbox
