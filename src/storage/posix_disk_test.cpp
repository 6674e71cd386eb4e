#include "storage/posix_disk.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "storage/temporary_directory_test.h"

namespace {

// What this thread has synced, while anyone wants to know.
thread_local std::vector<std::string>* synced = nullptr;

}  // namespace

// In front of the one of the C library: only a power failure would show what was never synced.
int fsync(int descriptor) {
    if (synced != nullptr) {
        const auto link = "/proc/self/fd/" + std::to_string(descriptor);
        synced->push_back(std::filesystem::read_symlink(link).string());
    }
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace signalbox {
namespace {

class PosixDiskTest : public testing::Test {
protected:
    PosixDiskTest() : disk_(std::move(*PosixDisk::mount(directory_.path() + "/data"))) {}

    std::vector<std::string> sorted_names(const std::string& path) {
        auto names = *disk_->list(path);
        std::sort(names.begin(), names.end());
        return names;
    }

    TemporaryDirectory directory_;
    std::unique_ptr<PosixDisk> disk_;
};

TEST_F(PosixDiskTest, belongs_to_one_server_at_a_time) {
    const auto second = PosixDisk::mount(directory_.path() + "/data");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    disk_.reset();
    EXPECT_TRUE(PosixDisk::mount(directory_.path() + "/data"));
}

TEST_F(PosixDiskTest, reads_what_was_written_at_its_place) {
    const auto file = std::move(*disk_->create("file"));
    ASSERT_TRUE(file->write_at(0, "hello world"));
    ASSERT_TRUE(file->write_at(6, "there"));
    ASSERT_TRUE(file->write_at(13, "!"));
    ASSERT_TRUE(file->sync_data());
    EXPECT_EQ(*file->size(), 14u);
    std::string bytes = "> ";
    ASSERT_TRUE(file->read_at(6, 5, bytes));
    EXPECT_EQ(bytes, "> there");
    EXPECT_EQ(*read_file(*disk_, "file"), std::string("hello there\0\0!", 14));
}

TEST_F(PosixDiskTest, reads_less_at_the_end_of_a_file) {
    const auto file = std::move(*disk_->create("file"));
    ASSERT_TRUE(file->write_at(0, "abc"));
    std::string bytes;
    ASSERT_TRUE(file->read_at(1, 100, bytes));
    ASSERT_TRUE(file->read_at(3, 1, bytes));
    ASSERT_TRUE(file->read_at(1'000'000, 1, bytes));
    EXPECT_EQ(bytes, "bc");
}

TEST_F(PosixDiskTest, makes_an_existing_file_empty_when_it_creates_it) {
    ASSERT_TRUE((*disk_->create("file"))->write_at(0, "old"));
    EXPECT_EQ(*(*disk_->create("file"))->size(), 0u);
}

TEST_F(PosixDiskTest, says_not_found_only_of_what_is_not_there) {
    EXPECT_EQ(disk_->open("none").error().code, ErrorCode::not_found);
    EXPECT_EQ(read_file(*disk_, "none").error().code, ErrorCode::not_found);
    EXPECT_EQ(disk_->open("none/none").error().code, ErrorCode::not_found);
    EXPECT_FALSE(disk_->rename("none", "other"));
    EXPECT_TRUE(disk_->remove("none"));
    ASSERT_TRUE(disk_->make_directory("folder"));
    EXPECT_EQ(disk_->create("folder").error().code, ErrorCode::internal);
}

TEST_F(PosixDiskTest, lists_and_renames_and_removes) {
    ASSERT_TRUE(disk_->make_directory("a/b"));
    ASSERT_TRUE(disk_->make_directory("a/b"));
    EXPECT_TRUE(disk_->create("a/b/one"));
    EXPECT_TRUE(disk_->create("a/b/two"));
    ASSERT_TRUE(disk_->sync_directory("a/b"));
    EXPECT_EQ(sorted_names("a/b"), (std::vector<std::string>{"one", "two"}));
    ASSERT_TRUE(disk_->rename("a/b/one", "a/b/three"));
    ASSERT_TRUE(disk_->remove("a/b/two"));
    EXPECT_EQ(sorted_names("a/b"), (std::vector<std::string>{"three"}));
    EXPECT_EQ(sorted_names("a"), (std::vector<std::string>{"b"}));
    EXPECT_TRUE(sorted_names("none").empty());
}

TEST_F(PosixDiskTest, replaces_a_whole_file_and_leaves_no_draft) {
    ASSERT_TRUE(write_file_atomically(*disk_, "", "META", "a long first content"));
    ASSERT_TRUE(write_file_atomically(*disk_, "", "META", "second"));
    EXPECT_EQ(*read_file(*disk_, "META"), "second");
    EXPECT_EQ(sorted_names(""), (std::vector<std::string>{"LOCK", "META"}));
}

TEST_F(PosixDiskTest, lets_only_the_owner_read_a_secret) {
    const auto mode_of = [&](const std::string& name) {
        return std::filesystem::status(disk_->absolute(name)).permissions();
    };
    using std::filesystem::perms;
    // Left by a crash.
    ASSERT_TRUE(disk_->create("key.new"));
    ASSERT_TRUE(write_file_atomically(*disk_, "", "key", "secret", FileSecrecy::of_owner));
    EXPECT_EQ(mode_of("key"), perms::owner_read | perms::owner_write);
    EXPECT_EQ(*read_file(*disk_, "key"), "secret");
    ASSERT_TRUE(write_file_atomically(*disk_, "", "META", "x"));
    EXPECT_NE(mode_of("META") & perms::group_read, perms::none);
}

TEST(PosixDiskDirectories, are_each_synced_in_the_one_above_when_they_are_made) {
    const TemporaryDirectory directory;
    const std::string top = std::filesystem::canonical(directory.path()).string();
    std::vector<std::string> seen;
    synced = &seen;
    const auto disk = std::move(*PosixDisk::mount(top + "/a/b/data"));
    EXPECT_EQ(seen, (std::vector<std::string>{top, top + "/a", top + "/a/b"}));
    seen.clear();
    EXPECT_TRUE(disk->make_directory("c/d"));
    EXPECT_EQ(seen, (std::vector<std::string>{top + "/a/b/data", top + "/a/b/data/c"}));
    synced = nullptr;
}

// /dev/full answers every write as a full disk does.
TEST(PosixDiskFull, is_told_as_unavailable) {
    const TemporaryDirectory directory;
    const auto disk = std::move(*PosixDisk::mount(directory.path()));
    ASSERT_EQ(::symlink("/dev/full", (directory.path() + "/full").c_str()), 0);
    const auto written = (*disk->open("full"))->write_at(0, "x");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace signalbox
