#include <gtest/gtest.h>

#include "tests/journal/journal_on_sim_disk.h"

// Disks that are full, and syncs that fail.

namespace signalbox {
namespace {

class JournalFault : public testing::Test {
protected:
    JournalFault() : subject_(1) { EXPECT_TRUE(subject_.open()); }

    // Fills the present segment until the next batch needs another one.
    void append_until_full() {
        while (subject_.journal().kept_bytes() == subject_.options.segment_bytes) {
            ASSERT_TRUE(subject_.append(1000));
        }
    }

    JournalOnSimDisk subject_;
};

TEST_F(JournalFault, a_full_disk_refuses_before_anything_is_written) {
    subject_.disk.set_free_bytes(0);
    // What fits in the present segment needs no room.
    Result<void> appended;
    while ((appended = subject_.append(1000))) {
    }
    EXPECT_EQ(appended.error().code, ErrorCode::unavailable);
    EXPECT_GT(subject_.acknowledged(), Revision(5));
    EXPECT_FALSE(subject_.append(3000));
    EXPECT_EQ(subject_.find_fault(Revision()), "");
}

TEST_F(JournalFault, goes_on_by_itself_when_the_disk_has_room_again) {
    subject_.disk.set_free_bytes(0);
    while (subject_.append(1000)) {
    }
    subject_.executor.run_all();
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(subject_.append(1000));
    // No leftover of the attempts takes up the little room that comes.
    subject_.disk.set_free_bytes(subject_.options.segment_bytes);
    ASSERT_TRUE(subject_.append(1000));
    subject_.disk.heal();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(subject_.append(1000));
    ASSERT_TRUE(subject_.open());
    EXPECT_EQ(subject_.find_fault(Revision()), "");
}

TEST_F(JournalFault, with_room_reserved_a_full_disk_does_not_hurt) {
    for (const size_t bytes : {10u, 1000u, 7000u, 30'000u, 100'000u, 50u}) {
        subject_.disk.heal();
        BatchWriter batch;
        batch.reset(subject_.journal().last_revision().next());
        batch.begin();
        batch.put("k", std::string(bytes, 'x'));
        batch.end();
        ASSERT_TRUE(subject_.journal().reserve(batch.view().bytes.size()));
        subject_.disk.set_free_bytes(0);
        const auto appended = subject_.journal().append(subject_.journal().owner(), batch.view());
        ASSERT_TRUE(appended) << bytes << ": " << appended.error().message;
    }
    subject_.disk.heal();
    ASSERT_TRUE(subject_.open());
    EXPECT_EQ(subject_.journal().last_revision(), Revision(6));
}

TEST_F(JournalFault, reserves_for_smaller_batches_too) {
    ASSERT_TRUE(subject_.append(100));
    ASSERT_TRUE(subject_.journal().reserve(40'000));
    subject_.disk.set_free_bytes(0);
    EXPECT_TRUE(subject_.append(100));
    EXPECT_TRUE(subject_.append(3000));
}

TEST_F(JournalFault, a_failed_sync_poisons_it) {
    ASSERT_TRUE(subject_.append(100));
    subject_.disk.fail_next_sync();
    EXPECT_FALSE(subject_.append(100));
    // The disk works again, but nobody knows what is on it.
    const auto again = subject_.append(100);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::internal);
    EXPECT_EQ(subject_.journal().reserve(1).error().code, ErrorCode::internal);
    EXPECT_EQ(subject_.journal().last_revision(), Revision(1));
    subject_.close();
    subject_.disk.crash();
    ASSERT_TRUE(subject_.open());
    EXPECT_EQ(subject_.find_fault(Revision()), "");
    EXPECT_TRUE(subject_.append(100));
}

TEST_F(JournalFault, an_append_without_room_may_be_tried_again) {
    // Larger than a segment, in an empty one and behind something; small, where a next one is
    // needed, and where the disk has no room even in the present one. None was reserved for.
    const struct {
        size_t before;
        size_t bytes;
        bool copies_on_write;
    } cases[] = {{0, 20'000, false}, {5000, 20'000, false}, {5000, 5000, false},
                 {100, 100, true},   {0, 100, true},        {100, 20'000, true}};
    for (const auto& [before, bytes, copies_on_write] : cases) {
        JournalOnSimDisk subject(bytes);
        ASSERT_TRUE(subject.open());
        if (before > 0) {
            ASSERT_TRUE(subject.append(before));
        }
        const Revision last = subject.journal().last_revision();
        BatchWriter batch;
        batch.reset(last.next());
        batch.begin();
        batch.put("k", std::string(bytes, 'x'));
        batch.end();
        const auto append = [&] {
            return subject.journal().append(subject.journal().owner(), batch.view());
        };
        subject.disk.set_free_bytes(0);
        subject.disk.set_full(copies_on_write);
        for (int i = 0; i < 3; ++i) {
            const auto appended = append();
            ASSERT_FALSE(appended);
            EXPECT_EQ(appended.error().code, ErrorCode::unavailable);
            EXPECT_EQ(subject.journal().last_revision(), last);
        }
        subject.disk.heal();
        ASSERT_TRUE(append());
        ASSERT_TRUE(subject.open());
        EXPECT_EQ(subject.journal().last_revision(), last.next());
    }
}

TEST_F(JournalFault, an_append_without_room_leaves_nothing_that_a_restart_would_find) {
    ASSERT_TRUE(subject_.append(100));
    subject_.disk.set_full(true);
    EXPECT_FALSE(subject_.append(2000));
    subject_.disk.heal();
    ASSERT_TRUE(subject_.open());
    EXPECT_EQ(subject_.journal().last_revision(), Revision(1));
    EXPECT_EQ(subject_.find_fault(Revision()), "");
    EXPECT_TRUE(subject_.append(100));
}

// The kernel drops what it could not sync from its list, not from its cache: the record is read
// back after a restart of the process, and gone after the next power failure.
TEST(JournalFaults, what_a_failed_sync_left_in_the_cache_is_not_trusted) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
        JournalOnSimDisk subject(seed);
        ASSERT_TRUE(subject.open());
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(subject.append(100));
        subject.disk.fail_next_sync();
        ASSERT_FALSE(subject.append(2000));
        ASSERT_TRUE(subject.open());
        ASSERT_EQ(subject.find_fault(Revision()), "");
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(subject.append(100));
        subject.close();
        subject.disk.crash();
        const auto opened = subject.open();
        ASSERT_TRUE(opened) << "seed " << seed << ": " << opened.error().message;
        ASSERT_EQ(subject.find_fault(Revision()), "") << "seed " << seed;
    }
}

TEST_F(JournalFault, a_sync_that_fails_while_a_segment_is_prepared_is_tried_again) {
    for (int fault = 0; fault < 3; ++fault) {
        append_until_full();
        subject_.disk.fail_next_sync();
        subject_.executor.run_all();
        subject_.disk.heal();
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(subject_.append(1000));
        subject_.journal().trim(Revision(subject_.acknowledged().value - 2));
    }
    const Revision trimmed(subject_.acknowledged().value - 2);
    subject_.close();
    subject_.disk.crash();
    ASSERT_TRUE(subject_.open());
    EXPECT_EQ(subject_.find_fault(trimmed), "");
}

class JournalMisfortunes : public testing::TestWithParam<uint64_t> {};

// All faults at any time, with restarts of the process and of the machine.
TEST_P(JournalMisfortunes, lose_nothing_acknowledged) {
    JournalOnSimDisk subject(GetParam());
    Random plan(GetParam());
    Revision trimmed;
    ASSERT_TRUE(subject.open());
    for (int round = 0; round < 300; ++round) {
        switch (plan.below(12)) {
            case 0: subject.disk.fail_next_sync(); break;
            case 1:
                subject.disk.set_free_bytes(plan.below(20'000));
                subject.disk.set_full(plan.chance(1, 3));
                break;
            case 2:
            case 3: subject.disk.heal(); break;
            case 4:
                if (subject.is_open()) {
                    trimmed =
                        std::max(trimmed, Revision(plan.below(subject.acknowledged().value + 1)));
                    subject.journal().trim(trimmed);
                }
                break;
            case 5: subject.executor.run_all(); break;
            case 6:
            case 7:
                subject.close();
                subject.disk.heal();
                if (plan.chance(1, 2)) subject.disk.crash();
                {
                    const auto opened = subject.open();
                    ASSERT_TRUE(opened) << "round " << round << ": " << opened.error().message;
                }
                ASSERT_EQ(subject.find_fault(trimmed), "") << "round " << round;
                break;
            default:
                for (int i = 0; i < 4; ++i) {
                    if (!subject.append(plan.below(plan.chance(1, 10) ? 15'000 : 2'000))) break;
                }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, JournalMisfortunes, testing::Range<uint64_t>(0, 60));

}  // namespace
}  // namespace signalbox
