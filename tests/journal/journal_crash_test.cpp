#include <gtest/gtest.h>

#include "tests/journal/journal_on_sim_disk.h"

// Whatever the journal does, the power may fail in the middle of it, and whatever it had
// acknowledged is there afterwards.

namespace signalbox {
namespace {

// Everything a journal does in its life, until the disk refuses. Small segments, so that it is
// busy with them; the revisions up to the returned one have been trimmed.
Revision live(JournalOnSimDisk& subject, Random& plan, int appends, Revision trimmed = {}) {
    for (int i = 0; i < appends; ++i) {
        const auto size = plan.chance(1, 20) ? plan.below(20'000) : plan.below(2'500);
        if (!subject.append(size)) break;
        // The next segment is ready in time, late, or not at all.
        if (plan.chance(1, 3)) subject.executor.run_all();
        if (plan.chance(1, 6)) {
            trimmed = std::max(trimmed, Revision(plan.below(subject.acknowledged().value + 1)));
            subject.journal().trim(trimmed);
        }
    }
    return trimmed;
}

class JournalCrash : public testing::TestWithParam<uint64_t> {};

TEST_P(JournalCrash, loses_nothing_acknowledged_whichever_operation_is_the_last) {
    uint64_t operations = 0;
    {
        JournalOnSimDisk undisturbed(GetParam());
        Random plan(GetParam());
        ASSERT_TRUE(undisturbed.open());
        live(undisturbed, plan, 30);
        operations = undisturbed.disk.operations();
    }
    for (uint64_t last = 0; last <= operations; ++last) {
        JournalOnSimDisk subject(GetParam());
        Random plan(GetParam());
        subject.disk.cut_power_after(last);
        Revision trimmed;
        if (subject.open()) trimmed = live(subject, plan, 30);
        subject.close();
        subject.disk.crash();
        const auto opened = subject.open();
        ASSERT_TRUE(opened) << "after operation " << last << ": " << opened.error().message;
        ASSERT_EQ(subject.find_fault(trimmed), "") << "after operation " << last;
        // And it can be used: a second crash loses nothing either.
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(subject.append(1000));
        subject.close();
        subject.disk.crash();
        ASSERT_TRUE(subject.open());
        ASSERT_EQ(subject.find_fault(trimmed), "") << "after operation " << last << " and more";
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, JournalCrash, testing::Range<uint64_t>(0, 12));

class JournalLives : public testing::TestWithParam<uint64_t> {};

// Crash upon crash: in each life the leftovers of the ones before lie around.
TEST_P(JournalLives, lose_nothing_acknowledged_in_many_crashes) {
    JournalOnSimDisk subject(GetParam());
    Random plan(GetParam());
    Revision trimmed;
    for (int life = 0; life < 40; ++life) {
        const auto opened = subject.open();
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(subject.find_fault(trimmed), "") << "life " << life;
        subject.disk.cut_power_after(plan.below(60));
        trimmed = live(subject, plan, 40, trimmed);
        subject.close();
        subject.disk.crash();
        // Sometimes the power fails again before it is up.
        if (plan.chance(1, 4)) {
            subject.disk.cut_power_after(plan.below(10));
            static_cast<void>(subject.open());
            subject.close();
            subject.disk.crash();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, JournalLives, testing::Range<uint64_t>(0, 60));

class JournalTail : public testing::Test {
protected:
    JournalTail() : subject_(1) {
        subject_.options.segment_bytes = 64 << 10;
        EXPECT_TRUE(subject_.open());
        for (size_t i = 0; i < 12; ++i) EXPECT_TRUE(subject_.append(1 + i * 7));
        subject_.close();
        segment_ = subject_.content(subject_.segment_path(1));
        // Where each record ends.
        const auto header = SegmentHeader::decode(segment_);
        size_t at = segment_header_bytes;
        while (const auto record = record_at(segment_, at, header->nonce)) {
            at += record->bytes;
            ends_.push_back(at);
        }
        EXPECT_EQ(ends_.size(), 12u);
    }

    Result<Revision> last_revision_with(const std::string& segment) {
        subject_.overwrite(subject_.segment_path(1), segment);
        TRY(subject_.open());
        return subject_.journal().last_revision();
    }

    JournalOnSimDisk subject_;
    std::string segment_;
    std::vector<size_t> ends_;
};

TEST_F(JournalTail, cut_at_any_byte_leaves_the_records_before_it) {
    size_t whole = 0;
    for (size_t cut = segment_header_bytes; cut <= ends_.back(); ++cut) {
        // The rest of a record's last eight bytes is padding, and means nothing.
        while (whole < ends_.size() && ends_[whole] <= cut) ++whole;
        const auto last = last_revision_with(segment_.substr(0, cut));
        ASSERT_TRUE(last) << "cut at " << cut << ": " << last.error().message;
        ASSERT_GE(last->value, whole) << "cut at " << cut;
        ASSERT_LE(last->value, whole + 1) << "cut at " << cut;
        if (last->value > whole) {
            EXPECT_LT(ends_[whole] - cut, record_alignment);
        }
    }
}

TEST_F(JournalTail, of_zeros_or_rubble_from_any_byte_of_the_last_record_is_cut) {
    for (size_t from = ends_[10]; from < ends_[11] - record_alignment; ++from) {
        for (const char filler : {'\0', '\xff', 'x'}) {
            auto torn = segment_;
            std::fill(torn.begin() + static_cast<std::ptrdiff_t>(from), torn.end(), filler);
            if (torn.substr(0, ends_[11]) == segment_.substr(0, ends_[11])) continue;
            const auto last = last_revision_with(torn);
            ASSERT_TRUE(last) << last.error().message;
            ASSERT_EQ(*last, Revision(11)) << "from " << from;
        }
    }
}

TEST_F(JournalTail, that_was_cut_is_written_over) {
    auto torn = segment_;
    torn[ends_[10] + record_header_bytes] ^= 1;
    ASSERT_EQ(*last_revision_with(torn), Revision(11));
    BatchWriter batch;
    batch.reset(Revision(12));
    batch.begin();
    batch.put("k", "shorter");
    batch.end();
    ASSERT_TRUE(subject_.journal().append(subject_.journal().owner(), batch.view()));
    ASSERT_TRUE(subject_.open());
    EXPECT_EQ(subject_.journal().last_revision(), Revision(12));
    std::string read;
    ASSERT_TRUE(subject_.journal().read(Revision(11), [&](const BatchView& view) -> Result<void> {
        read = view.bytes;
        return {};
    }));
    EXPECT_EQ(read, batch.view().bytes);
}

}  // namespace
}  // namespace signalbox
