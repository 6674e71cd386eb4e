#include "runtime/inbox.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

class InboxTest : public testing::Test {
protected:
    InboxTest() { limits_.commands_max = 3; }

    bool push() { return inbox_.push(Command{RequestId(1), "t", {}, GetTicket{}}); }

    InboxLimits limits_;
    int wakes_ = 0;
    Inbox inbox_{limits_, [this] { ++wakes_; }};
    std::vector<Command> taken_;
};

TEST_F(InboxTest, refuses_what_is_beyond_its_limit) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(push());
    EXPECT_FALSE(push());
    inbox_.take(taken_);
    EXPECT_EQ(taken_.size(), 3u);
}

TEST_F(InboxTest, counts_what_was_taken_until_it_is_done) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(push());
    inbox_.take(taken_);
    EXPECT_FALSE(push());
    inbox_.done(2);
    EXPECT_TRUE(push());
    EXPECT_TRUE(push());
    EXPECT_FALSE(push());
    taken_.clear();
    inbox_.take(taken_);
    EXPECT_EQ(taken_.size(), 2u);
    inbox_.done(3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(push());
    EXPECT_FALSE(push());
}

TEST_F(InboxTest, lets_cancellations_in_when_it_is_full) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(push());
    EXPECT_TRUE(inbox_.push(Command{RequestId(2), "t", {}, CancelRequest{RequestId(1)}}));
    inbox_.take(taken_);
    EXPECT_EQ(taken_.size(), 4u);
    inbox_.done(4);
}

TEST_F(InboxTest, wakes_when_it_was_empty) {
    EXPECT_TRUE(push());
    EXPECT_TRUE(push());
    EXPECT_EQ(wakes_, 1);
    inbox_.take(taken_);
    EXPECT_EQ(taken_.size(), 2u);
    EXPECT_TRUE(push());
    EXPECT_EQ(wakes_, 2);
}

}  // namespace
}  // namespace signalbox
