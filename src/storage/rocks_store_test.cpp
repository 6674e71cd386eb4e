#include "storage/rocks_store.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/bytes.h"
#include "storage/keys.h"
#include "storage/random_batches_test.h"
#include "storage/temporary_directory_test.h"

namespace signalbox {
namespace {

constexpr const char* directory_variable = "SIGNALBOX_TEST_ROCKS_DIRECTORY";

std::unique_ptr<Store> open(const std::string& directory) {
    RocksStoreOptions options;
    options.cache_bytes = 1u << 20;
    // Small, so that RocksDB writes out by itself, all the time.
    options.write_buffer_bytes = 64u << 10;
    auto store = open_rocks_store(directory, options);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
}

std::string row_of(Revision revision) {
    std::string row(100 + revision.value % 300, static_cast<char>('a' + revision.value % 26));
    put_u64_le(row, revision.value);
    return row;
}

// Every revision leaves one row in each family, and takes one away again.
bool try_to_write(Store& store, Revision revision) {
    BatchWriter batch;
    batch.reset(revision);
    batch.begin();
    for (const auto table : {Table::ticket_live, Table::event}) {
        batch.put(KeyBuilder(table).u64(revision.value).take(), row_of(revision));
        if (revision.value % 2 == 0) {
            batch.erase(KeyBuilder(table).u64(revision.value / 2).take());
        }
    }
    batch.end();
    return store.apply(batch.view()).has_value();
}

void write(Store& store, Revision revision) {
    ASSERT_TRUE(try_to_write(store, revision));
}

// What the rows of a table must be, whole as of one revision.
RowList expected_rows(Table table, Revision at) {
    RowList rows;
    for (uint64_t i = 1; i <= at.value; ++i) {
        if (2 * i <= at.value) continue;
        rows.emplace_back(KeyBuilder(table).u64(i).take(), row_of(Revision(i)));
    }
    return rows;
}

void expect_whole(const Store& store) {
    for (const auto table : {Table::ticket_live, Table::event}) {
        const auto prefix = KeyBuilder(table).take();
        EXPECT_EQ(rows_of(store, {prefix, prefix_end(prefix)}),
                  expected_rows(table, store.applied()));
    }
}

class RocksStoreCrash : public testing::TestWithParam<uint64_t> {
protected:
    RocksStoreCrash() {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
        // The process that is to die runs this constructor too, and works in the same place.
        if (const char* inherited = std::getenv(directory_variable)) {
            path_ = inherited;
        } else {
            directory_.emplace();
            path_ = directory_->path();
            ::setenv(directory_variable, path_.c_str(), 1);
        }
    }
    ~RocksStoreCrash() override {
        if (directory_) ::unsetenv(directory_variable);
    }

    std::optional<TemporaryDirectory> directory_;
    std::string path_;
};

TEST_P(RocksStoreCrash, leaves_it_whole_as_of_one_revision_not_before_its_last_flush) {
    const Revision flushed(GetParam() / 2);
    const auto write_and_die = [&] {
        const auto store = open(path_);
        for (uint64_t i = 1; i <= GetParam(); ++i) {
            write(*store, Revision(i));
            if (Revision(i) == flushed && store->flush() != flushed) ::_exit(1);
        }
        ::_exit(0);
    };
    EXPECT_EXIT(write_and_die(), testing::ExitedWithCode(0), "");
    const auto store = open(path_);
    EXPECT_GE(store->applied(), flushed);
    EXPECT_LE(store->applied(), Revision(GetParam()));
    expect_whole(*store);
    // And it goes on from there.
    const Revision next = store->applied().next();
    write(*store, next);
    EXPECT_EQ(store->applied(), next);
    expect_whole(*store);
}

INSTANTIATE_TEST_SUITE_P(AfterRevisions, RocksStoreCrash,
                         testing::Values(1, 2, 10, 101, 500, 1003, 2500));

TEST(RocksStore, loses_nothing_that_was_flushed_when_it_is_closed) {
    const TemporaryDirectory directory;
    {
        const auto store = open(directory.path());
        for (uint64_t i = 1; i <= 50; ++i) write(*store, Revision(i));
        EXPECT_EQ(store->flush(), Revision(50));
    }
    const auto store = open(directory.path());
    EXPECT_EQ(store->applied(), Revision(50));
    expect_whole(*store);
}

// The directory is out of reach for a while, as it is when a volume has gone.
TEST(RocksStore, is_usable_again_when_its_disk_is_back) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/store";
    const auto store = open(path);
    write(*store, Revision(1));
    ASSERT_TRUE(store->flush());
    write(*store, Revision(2));
    std::filesystem::rename(path, path + "-away");
    EXPECT_FALSE(store->flush());
    EXPECT_FALSE(try_to_write(*store, Revision(3)));
    EXPECT_FALSE(store->revive());
    EXPECT_FALSE(try_to_write(*store, Revision(3)));
    EXPECT_EQ(store->applied(), Revision(2));
    EXPECT_EQ(store->snapshot()->revision(), Revision(2));

    std::filesystem::rename(path + "-away", path);
    // Nobody's rows go while he reads them.
    auto snapshot = store->snapshot();
    EXPECT_FALSE(store->revive());
    EXPECT_EQ(snapshot->revision(), Revision(2));
    snapshot.reset();
    ASSERT_TRUE(store->revive());
    // It lost what was not flushed, and shows nothing that is older than what was seen.
    EXPECT_EQ(store->applied(), Revision(1));
    EXPECT_FALSE(store->snapshot()->get("T"));
    write(*store, Revision(2));
    EXPECT_EQ(store->snapshot()->revision(), Revision(2));
    write(*store, Revision(3));
    EXPECT_EQ(store->flush(), Revision(3));
    expect_whole(*store);
}

TEST(RocksStore, refuses_a_directory_that_another_one_has_open) {
    const TemporaryDirectory directory;
    const auto store = open(directory.path());
    const auto second = open_rocks_store(directory.path(), {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::internal);
}

TEST(RocksStore, tells_its_size) {
    const TemporaryDirectory directory;
    const auto store = open(directory.path());
    for (uint64_t i = 1; i <= 100; ++i) write(*store, Revision(i));
    EXPECT_GT(store->usage().memory_bytes, 0u);
    ASSERT_TRUE(store->flush());
    EXPECT_GT(store->usage().disk_bytes, 0u);
}

// The packaged RocksDB aborts when it comes back to a file that it could not write to.
TEST(RocksStore, makes_no_file_of_rows_that_there_is_no_room_for) {
    const TemporaryDirectory directory;
    RocksStoreOptions options;
    options.room_bytes = 1ull << 62;
    {
        auto store = open_rocks_store(directory.path(), options);
        ASSERT_TRUE(store) << store.error().message;
        write(**store, Revision(1));
        const auto flushed = (*store)->flush();
        ASSERT_FALSE(flushed);
        EXPECT_EQ(flushed.error().code, ErrorCode::internal);
        EXPECT_NE(flushed.error().message.find("are free"), std::string::npos)
            << flushed.error().message;
    }
    // The journal would bring it back.
    EXPECT_EQ(open(directory.path())->applied(), Revision());
}

// Never again by itself, which may say that rows are in files that are not.
TEST(RocksStore, takes_nothing_until_it_is_opened_anew_when_there_was_no_room) {
    const TemporaryDirectory directory;
    RocksStoreOptions options;
    options.room_bytes = 1ull << 62;
    auto store = open_rocks_store(directory.path(), options);
    ASSERT_TRUE(store) << store.error().message;
    write(**store, Revision(1));
    ASSERT_FALSE((*store)->flush());
    EXPECT_FALSE(try_to_write(**store, Revision(2)));
    const auto revived = (*store)->revive();
    ASSERT_TRUE(revived) << revived.error().message;
    EXPECT_EQ((*store)->applied(), Revision()) << "what was lost is not counted as written";
    write(**store, Revision(1));
    EXPECT_EQ((*store)->applied(), Revision(1));
}

}  // namespace
}  // namespace signalbox
