#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "storage/file_journal.h"
#include "storage/posix_disk.h"
#include "storage/temporary_directory_test.h"

// What the journal does while its next segment takes its time. Nothing here depends on how long
// anything takes: a step of the disk is held until the test lets it go.

namespace signalbox {
namespace {

// The real disk, but that giving a new segment its name is held up, and then may fail.
class HeldDisk : public Disk {
public:
    explicit HeldDisk(Disk& disk) : disk_(disk) {}

    void hold() { is_held_ = true; }
    void wait_until_held() { reached_.wait(); }
    void let_go(bool well) {
        fails_ = !well;
        let_go_.count_down();
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        if (is_held_.exchange(false)) {
            reached_.count_down();
            let_go_.wait();
            if (fails_) return fail(ErrorCode::unavailable, "the disk was told to fail");
        }
        return disk_.rename(from, to);
    }
    Result<void> make_directory(const std::string& path) override {
        return disk_.make_directory(path);
    }
    Result<void> sync_directory(const std::string& path) override {
        return disk_.sync_directory(path);
    }
    Result<std::vector<std::string>> list(const std::string& directory) override {
        return disk_.list(directory);
    }
    Result<std::unique_ptr<DiskFile>> create(const std::string& path) override {
        return disk_.create(path);
    }
    Result<std::unique_ptr<DiskFile>> open(const std::string& path) override {
        return disk_.open(path);
    }
    Result<void> remove(const std::string& path) override { return disk_.remove(path); }

private:
    Disk& disk_;
    std::atomic<bool> is_held_{false};
    std::atomic<bool> fails_{false};
    std::latch reached_{1};
    std::latch let_go_{1};
};

class ThreadExecutor : public Executor {
public:
    ~ThreadExecutor() override { join(); }
    void post(std::function<void()> work) override { threads_.emplace_back(std::move(work)); }
    void join() {
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }

private:
    std::vector<std::thread> threads_;
};

class FileJournalOnSlowDisk : public testing::Test {
protected:
    FileJournalOnSlowDisk() : real_disk_(std::move(*PosixDisk::mount(directory_.path()))) {
        open();
        // More than half of the first segment, so that the next one is being prepared.
        disk_.hold();
        append(10'000);
        disk_.wait_until_held();
    }

    void open() {
        FileJournalOptions options;
        options.directory = "journal";
        options.segment_bytes = 16 << 10;
        auto opened = FileJournal::open(disk_, executor_, options);
        ASSERT_TRUE(opened) << opened.error().message;
        journal_ = std::move(*opened);
    }

    void append(size_t bytes) {
        BatchWriter batch;
        batch.reset(journal_->last_revision().next());
        batch.begin();
        batch.put("key", std::string(bytes, 'x'));
        batch.end();
        ASSERT_TRUE(journal_->reserve(batch.view().bytes.size()));
        ASSERT_TRUE(journal_->append(journal_->owner(), batch.view()));
    }

    void expect_whole(Revision last) {
        executor_.join();
        open();
        EXPECT_EQ(journal_->last_revision(), last);
        Revision read;
        EXPECT_TRUE(journal_->read(Revision(), [&](const BatchView& batch) -> Result<void> {
            read = batch.last();
            return {};
        }));
        EXPECT_EQ(read, last);
    }

    const TemporaryDirectory directory_;
    const std::unique_ptr<PosixDisk> real_disk_;
    HeldDisk disk_{*real_disk_};
    std::unique_ptr<FileJournal> journal_;
    ThreadExecutor executor_;  // goes first: its work uses the journal
};

TEST_F(FileJournalOnSlowDisk, goes_on_appending_while_the_next_segment_is_made) {
    append(100);
    append(100);
    journal_->trim(Revision(1));
    EXPECT_GT(journal_->kept_bytes(), 0u);
    disk_.let_go(true);
    append(10'000);
    expect_whole(Revision(4));
}

TEST_F(FileJournalOnSlowDisk, waits_for_a_segment_under_way_instead_of_making_two) {
    // Needs the next segment, whether it comes before that is there or after.
    std::thread core([this] { append(3000); });
    disk_.let_go(true);
    core.join();
    EXPECT_EQ(real_disk_->list("journal")->size(), 2u);
    expect_whole(Revision(2));
}

TEST_F(FileJournalOnSlowDisk, makes_the_segment_itself_when_the_preparation_fails) {
    std::thread core([this] { append(3000); });
    disk_.let_go(false);
    core.join();
    expect_whole(Revision(2));
}

}  // namespace
}  // namespace signalbox
