#include "storage/file_journal.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "storage/posix_disk.h"
#include "storage/temporary_directory_test.h"

// The journal on a real file system. How it stands crashes and broken disks is asked in
// tests/journal, on a disk that breaks when it is told to.

namespace signalbox {
namespace {

class InlineExecutor : public Executor {
public:
    void post(std::function<void()> work) override { work(); }
};

class FileJournalTest : public testing::Test {
protected:
    FileJournalTest() : disk_(std::move(*PosixDisk::mount(directory_.path()))) {
        options_.directory = "journal";
        options_.history = 77;
        options_.segment_bytes = 16 << 10;
        options_.seed = 5;
    }

    Result<void> open() {
        journal_.reset();
        TRY_AS(journal_, FileJournal::open(*disk_, executor_, options_));
        return {};
    }

    // One change set of about so many bytes.
    Result<void> append(size_t bytes = 100) {
        BatchWriter batch;
        batch.reset(journal_->last_revision().next());
        batch.begin();
        batch.put("key", std::string(bytes, static_cast<char>('a' + appended_.size() % 26)));
        batch.end();
        TRY(journal_->reserve(batch.view().bytes.size()));
        TRY(journal_->append(journal_->owner(), batch.view()));
        appended_.emplace_back(batch.view().bytes);
        return {};
    }

    // What is read after a revision, batch by batch.
    Result<std::vector<std::string>> read(Revision after) {
        std::vector<std::string> batches;
        Revision expected = after.next();
        TRY(journal_->read(after, [&](const BatchView& batch) -> Result<void> {
            EXPECT_EQ(batch.first, expected);
            expected = batch.last().next();
            batches.emplace_back(batch.bytes);
            return {};
        }));
        return batches;
    }

    void expect_all(Revision after = Revision()) {
        const auto batches = read(after);
        ASSERT_TRUE(batches) << batches.error().message;
        const auto kept = appended_.begin() + static_cast<std::ptrdiff_t>(after.value);
        EXPECT_EQ(*batches, std::vector<std::string>(kept, appended_.end()));
    }

    size_t file_count() { return disk_->list("journal")->size(); }
    static std::string segment(uint64_t number) {
        return fmt::format("journal/{:020}.journal", number);
    }

    TemporaryDirectory directory_;
    InlineExecutor executor_;
    FileJournalOptions options_;
    std::unique_ptr<PosixDisk> disk_;
    std::unique_ptr<FileJournal> journal_;
    std::vector<std::string> appended_;
};

TEST_F(FileJournalTest, begins_empty) {
    ASSERT_TRUE(open());
    EXPECT_EQ(journal_->last_revision(), Revision(0));
    EXPECT_EQ(journal_->owner(), OwnerEpoch(1));
    expect_all();
}

TEST_F(FileJournalTest, gives_back_what_was_appended) {
    ASSERT_TRUE(open());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append());
    EXPECT_EQ(journal_->last_revision(), Revision(20));
    expect_all();
    expect_all(Revision(7));
    expect_all(Revision(20));
    ASSERT_TRUE(open());
    EXPECT_EQ(journal_->last_revision(), Revision(20));
    expect_all();
}

TEST_F(FileJournalTest, rolls_over_to_further_segments) {
    ASSERT_TRUE(open());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(1000));
    EXPECT_GT(file_count(), 8u);
    expect_all();
    expect_all(Revision(50));
    ASSERT_TRUE(open());
    expect_all();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(1000));
    expect_all();
    expect_all(Revision(150));
}

TEST_F(FileJournalTest, takes_a_batch_larger_than_a_segment) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(append(100));
    ASSERT_TRUE(append(100'000));
    ASSERT_TRUE(append(100'000));
    ASSERT_TRUE(append(100));
    expect_all();
    ASSERT_TRUE(open());
    expect_all();
    ASSERT_TRUE(append(100));
    expect_all(Revision(2));
}

TEST_F(FileJournalTest, takes_a_batch_larger_than_a_segment_as_its_first) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(append(100'000));
    ASSERT_TRUE(open());
    ASSERT_TRUE(append(100));
    expect_all();
}

TEST_F(FileJournalTest, reads_batches_that_reach_over_the_revision_asked_for) {
    ASSERT_TRUE(open());
    BatchWriter batch;
    batch.reset(Revision(1));
    for (int i = 0; i < 5; ++i) {
        batch.begin();
        batch.put("k", std::to_string(i));
        batch.end();
    }
    ASSERT_TRUE(journal_->append(journal_->owner(), batch.view()));
    int batches = 0;
    const auto count = [&](const BatchView& read) -> Result<void> {
        EXPECT_EQ(read.first, Revision(1));
        EXPECT_EQ(read.count, 5u);
        ++batches;
        return {};
    };
    ASSERT_TRUE(journal_->read(Revision(4), count));
    EXPECT_EQ(batches, 1);
    ASSERT_TRUE(journal_->read(Revision(5), count));
    EXPECT_EQ(batches, 1);
}

TEST_F(FileJournalTest, stops_reading_when_the_visitor_fails) {
    ASSERT_TRUE(open());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(append());
    int visited = 0;
    const auto read = journal_->read(Revision(), [&](const BatchView&) -> Result<void> {
        ++visited;
        return fail(ErrorCode::unavailable, "enough");
    });
    EXPECT_EQ(read.error().message, "enough");
    EXPECT_EQ(visited, 1);
}

TEST_F(FileJournalTest, trims_segments_that_nobody_needs) {
    ASSERT_TRUE(open());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(1000));
    const auto bytes_before = journal_->kept_bytes();
    journal_->trim(Revision(60));
    EXPECT_LT(journal_->kept_bytes(), bytes_before);
    expect_all(Revision(60));
    journal_->trim(Revision(1'000'000));
    expect_all(Revision(100));
    EXPECT_LE(file_count(), 3u);
    EXPECT_EQ(journal_->last_revision(), Revision(100));
    ASSERT_TRUE(open());
    EXPECT_EQ(journal_->last_revision(), Revision(100));
    ASSERT_TRUE(append());
    expect_all(Revision(100));
}

TEST_F(FileJournalTest, says_that_revisions_are_missing_when_they_were_trimmed) {
    ASSERT_TRUE(open());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(1000));
    journal_->trim(Revision(60));
    ASSERT_TRUE(open());
    const auto batches = read(Revision());
    ASSERT_FALSE(batches);
    EXPECT_NE(batches.error().message.find("the journal is damaged"), std::string::npos);
}

TEST_F(FileJournalTest, writes_over_trimmed_segments_instead_of_making_new_ones) {
    ASSERT_TRUE(open());
    size_t files_max = 0;
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(append(1000));
        if (i % 10 == 9) journal_->trim(journal_->last_revision());
        files_max = std::max(files_max, file_count());
    }
    EXPECT_LE(files_max, 5u);
    // Nothing of a former life is seen, however full the file was.
    const Revision trimmed = journal_->last_revision();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(10));
    ASSERT_TRUE(open());
    EXPECT_EQ(journal_->last_revision(), Revision(303));
    expect_all(trimmed);
}

TEST_F(FileJournalTest, raises_its_epoch_and_refuses_a_former_owner) {
    ASSERT_TRUE(open());
    const OwnerEpoch first = journal_->owner();
    ASSERT_TRUE(append());
    ASSERT_TRUE(open());
    EXPECT_GT(journal_->owner(), first);
    BatchWriter batch;
    batch.reset(Revision(2));
    batch.begin();
    batch.put("k", "v");
    batch.end();
    const auto stale = journal_->append(first, batch.view());
    ASSERT_FALSE(stale);
    EXPECT_EQ(stale.error().code, ErrorCode::conflict);
    EXPECT_EQ(journal_->last_revision(), Revision(1));
    ASSERT_TRUE(journal_->append(journal_->owner(), batch.view()));
}

TEST_F(FileJournalTest, refuses_a_segment_of_another_data_directory) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(append());
    options_.history = 78;
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("another data directory"), std::string::npos);
}

TEST_F(FileJournalTest, refuses_a_segment_under_a_wrong_name) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(append());
    ASSERT_TRUE(disk_->rename(segment(1), segment(2)));
    EXPECT_FALSE(open());
}

TEST_F(FileJournalTest, refuses_to_read_across_a_segment_that_is_missing) {
    ASSERT_TRUE(open());
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(1000));
    ASSERT_TRUE(disk_->remove(segment(2)));
    ASSERT_TRUE(open());
    const auto batches = read(Revision());
    ASSERT_FALSE(batches);
    EXPECT_EQ(batches.error().code, ErrorCode::internal);
}

TEST_F(FileJournalTest, clears_away_drafts_and_leaves_other_files_alone) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(append());
    journal_.reset();
    ASSERT_TRUE((*disk_->create(segment(2) + ".draft"))->write_at(0, "half of a segment"));
    ASSERT_TRUE((*disk_->create("journal/notes.txt"))->write_at(0, "of the operator"));
    ASSERT_TRUE(open());
    EXPECT_FALSE(disk_->open(segment(2) + ".draft"));
    EXPECT_TRUE(disk_->open("journal/notes.txt"));
    expect_all();
}

TEST_F(FileJournalTest, makes_the_same_bytes_from_the_same_seed) {
    const auto bytes = [&](const std::string& directory) {
        options_.directory = directory;
        EXPECT_TRUE(open());
        EXPECT_TRUE(append());
        return *read_file(*disk_, fmt::format("{}/{:020}.journal", directory, 1));
    };
    const auto first = bytes("one");
    appended_.clear();
    EXPECT_EQ(first, bytes("two"));
}

}  // namespace
}  // namespace signalbox
