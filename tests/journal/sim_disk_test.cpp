#include "sim/sim_disk.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace signalbox {
namespace {

constexpr size_t sector = SimDisk::sector_bytes;

class SimDiskTest : public testing::Test {
protected:
    SimDiskTest() : random_(1), disk_(random_) {}

    // A file that is there for good.
    std::unique_ptr<DiskFile> durable_file(const std::string& name, const std::string& content) {
        auto file = std::move(*disk_.create(name));
        EXPECT_TRUE(file->write_at(0, content));
        EXPECT_TRUE(file->sync_data());
        EXPECT_TRUE(disk_.sync_directory(""));
        return file;
    }

    // What is left of something in many crashes.
    template <class Setup>
    std::set<std::string> outcomes(const Setup& setup) {
        std::set<std::string> contents;
        for (int i = 0; i < 300; ++i) {
            setup();
            disk_.crash();
            contents.insert(read_file(disk_, "file").value_or("no file"));
            EXPECT_TRUE(disk_.remove("file"));
            EXPECT_TRUE(disk_.sync_directory(""));
        }
        return contents;
    }

    Random random_;
    SimDisk disk_;
};

TEST_F(SimDiskTest, is_a_disk_while_nothing_goes_wrong) {
    EXPECT_EQ(disk_.open("file").error().code, ErrorCode::not_found);
    ASSERT_TRUE(disk_.make_directory("a/b"));
    const auto file = std::move(*disk_.create("a/b/file"));
    ASSERT_TRUE(file->write_at(3, "xyz"));
    std::string bytes;
    ASSERT_TRUE(file->read_at(1, 100, bytes));
    EXPECT_EQ(bytes, std::string("\0\0xyz", 5));
    ASSERT_TRUE(file->read_at(100, 1, bytes));
    EXPECT_EQ(*file->size(), 6u);
    ASSERT_TRUE(disk_.rename("a/b/file", "a/b/other"));
    EXPECT_EQ(*disk_.list("a/b"), std::vector<std::string>{"other"});
    EXPECT_EQ(*disk_.list("a"), std::vector<std::string>{"b"});
    EXPECT_TRUE(disk_.list("none")->empty());
    EXPECT_FALSE(disk_.create("none/file"));
    ASSERT_TRUE(disk_.remove("a/b/other"));
    ASSERT_TRUE(disk_.remove("a/b/other"));
    EXPECT_TRUE(disk_.list("a/b")->empty());
}

TEST_F(SimDiskTest, keeps_what_was_synced_through_any_crash) {
    durable_file("file", "kept");
    for (int i = 0; i < 50; ++i) {
        disk_.crash();
        EXPECT_EQ(*read_file(disk_, "file"), "kept");
    }
}

TEST_F(SimDiskTest, loses_keeps_or_tears_what_was_not_synced) {
    const auto left = outcomes([&] {
        const auto file = durable_file("file", std::string(2 * sector, 'a'));
        EXPECT_TRUE(file->write_at(0, std::string(2 * sector, 'b')));
    });
    const std::string a(sector, 'a');
    const std::string b(sector, 'b');
    EXPECT_EQ(left, (std::set<std::string>{a + a, a + b, b + a, b + b}));
}

TEST_F(SimDiskTest, leaves_a_sector_as_after_one_of_its_writes) {
    const auto left = outcomes([&] {
        const auto file = durable_file("file", "....");
        EXPECT_TRUE(file->write_at(0, "1"));
        EXPECT_TRUE(file->write_at(1, "2"));
        EXPECT_TRUE(file->write_at(0, "3"));
    });
    EXPECT_EQ(left, (std::set<std::string>{"....", "1...", "12..", "32.."}));
}

TEST_F(SimDiskTest, leaves_a_growing_file_at_one_of_its_lengths) {
    const auto left = outcomes([&] {
        const auto file = durable_file("file", "");
        EXPECT_TRUE(file->write_at(0, "ab"));
        EXPECT_TRUE(file->write_at(2, "cd"));
    });
    using namespace std::string_literals;
    EXPECT_TRUE(left.contains(""));
    EXPECT_TRUE(left.contains("ab"));
    EXPECT_TRUE(left.contains("abcd"));
    // Long already, but its bytes have not arrived.
    EXPECT_TRUE(left.contains("\0\0\0\0"s));
}

TEST_F(SimDiskTest, may_bring_back_what_was_truncated) {
    const auto left = outcomes([&] {
        durable_file("file", "old");
        EXPECT_TRUE((*disk_.create("file"))->write_at(0, "new!"));
    });
    EXPECT_TRUE(left.contains("old"));
    EXPECT_TRUE(left.contains(""));
    EXPECT_TRUE(left.contains("new!"));
}

TEST_F(SimDiskTest, forgets_names_whose_directory_was_not_synced) {
    const auto left = outcomes([&] {
        const auto file = std::move(*disk_.create("file"));
        EXPECT_TRUE(file->write_at(0, "content"));
        EXPECT_TRUE(file->sync_data());
    });
    EXPECT_EQ(left, (std::set<std::string>{"no file", "content"}));
}

TEST_F(SimDiskTest, does_each_rename_wholly_or_not_at_all) {
    std::set<std::vector<std::string>> seen;
    for (int i = 0; i < 100; ++i) {
        durable_file("old", "x");
        ASSERT_TRUE(disk_.rename("old", "new"));
        disk_.crash();
        const auto names = *disk_.list("");
        seen.insert(names);
        for (const auto& name : names) ASSERT_TRUE(disk_.remove(name));
        ASSERT_TRUE(disk_.sync_directory(""));
    }
    EXPECT_EQ(seen, (std::set<std::vector<std::string>>{{"old"}, {"new"}}));
}

TEST_F(SimDiskTest, brings_back_what_was_removed_without_a_sync) {
    const auto left = outcomes([&] {
        durable_file("file", "content");
        EXPECT_TRUE(disk_.remove("file"));
    });
    EXPECT_EQ(left, (std::set<std::string>{"no file", "content"}));
}

TEST_F(SimDiskTest, gives_up_files_that_were_open_in_a_crash) {
    const auto file = durable_file("file", "content");
    disk_.crash();
    std::string bytes;
    EXPECT_FALSE(file->write_at(0, "late"));
    EXPECT_FALSE(file->read_at(0, 1, bytes));
    EXPECT_FALSE(file->sync_data());
    EXPECT_EQ(*read_file(disk_, "file"), "content");
}

TEST_F(SimDiskTest, does_not_repair_a_failed_sync_with_a_later_one) {
    const auto left = outcomes([&] {
        const auto file = durable_file("file", "old");
        EXPECT_TRUE(file->write_at(0, "new"));
        disk_.fail_next_sync();
        EXPECT_FALSE(file->sync_data());
        // As from the kernel's cache.
        EXPECT_EQ(*read_file(disk_, "file"), "new");
        EXPECT_TRUE(file->sync_data());
    });
    EXPECT_EQ(left, (std::set<std::string>{"old", "new"}));
}

TEST_F(SimDiskTest, fails_one_sync_of_either_kind) {
    disk_.fail_next_sync();
    EXPECT_FALSE(disk_.sync_directory(""));
    EXPECT_TRUE(disk_.sync_directory(""));
    disk_.fail_next_sync();
    disk_.heal();
    EXPECT_TRUE(disk_.sync_directory(""));
}

TEST_F(SimDiskTest, is_full_when_its_room_is_used_up) {
    const auto file = durable_file("file", "12345");
    disk_.set_free_bytes(3);
    EXPECT_TRUE(file->write_at(0, "abcde"));
    EXPECT_TRUE(file->write_at(5, "f"));
    const auto written = file->write_at(4, "EFGHIJ");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    // What fits is written, as by the real one.
    EXPECT_EQ(*read_file(disk_, "file"), "abcdEFGH");
    EXPECT_FALSE(file->write_at(100, "x"));
    EXPECT_EQ(*file->size(), 8u);
    // Removing a file makes room.
    ASSERT_TRUE(disk_.remove("file"));
    EXPECT_TRUE((*disk_.create("other"))->write_at(0, "12345678"));
    disk_.set_free_bytes(std::nullopt);
    EXPECT_TRUE((*disk_.create("third"))->write_at(0, std::string(100'000, 'x')));
}

TEST_F(SimDiskTest, has_no_room_within_a_file_either_when_it_copies_on_write) {
    const auto file = durable_file("file", "1234");
    disk_.set_full(true);
    const auto written = file->write_at(0, "abcd");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_EQ(*read_file(disk_, "file"), "ab34");
    disk_.heal();
    EXPECT_TRUE(file->write_at(0, "abcd"));
}

TEST_F(SimDiskTest, answers_nothing_once_its_power_is_cut) {
    const auto file = durable_file("file", "content");
    const auto before = disk_.operations();
    disk_.cut_power_after(2);
    EXPECT_TRUE(file->write_at(0, "C"));
    EXPECT_TRUE(file->sync_data());
    EXPECT_FALSE(file->write_at(0, "X"));
    EXPECT_FALSE(file->sync_data());
    EXPECT_FALSE(disk_.list(""));
    EXPECT_FALSE(disk_.remove("file"));
    EXPECT_EQ(disk_.operations(), before + 2);
    disk_.crash();
    EXPECT_EQ(*read_file(disk_, "file"), "Content");
}

TEST_F(SimDiskTest, does_the_same_for_the_same_seed) {
    const auto run = [](uint64_t seed) {
        Random random(seed);
        SimDisk disk(random);
        const auto file = std::move(*disk.create("file"));
        EXPECT_TRUE(disk.sync_directory(""));
        EXPECT_TRUE(file->write_at(0, std::string(10 * sector, 'x')));
        disk.crash();
        return *read_file(disk, "file");
    };
    std::set<std::string> all;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        EXPECT_EQ(run(seed), run(seed));
        all.insert(run(seed));
    }
    EXPECT_GT(all.size(), 5u);
}

}  // namespace
}  // namespace signalbox
