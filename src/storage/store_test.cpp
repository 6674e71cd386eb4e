#include "storage/store.h"

#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "storage/random_batches_test.h"
#include "storage/rocks_store.h"
#include "storage/temporary_directory_test.h"

// What every store promises, asked of each kind; and the two kinds side by side.

namespace signalbox {
namespace {

std::unique_ptr<Store> open_rocks(const std::string& directory) {
    RocksStoreOptions options;
    options.cache_bytes = 1u << 20;
    options.write_buffer_bytes = 64u << 10;
    auto store = open_rocks_store(directory, options);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
}

class StoresTest : public testing::TestWithParam<uint64_t> {};

TEST_P(StoresTest, agree_on_everything_whatever_is_written) {
    const TemporaryDirectory directory;
    RandomBatches batches(GetParam());
    Random& random = batches.random();
    MemoryStore memory;
    auto rocks = open_rocks(directory.path());
    std::shared_ptr<const StoreSnapshot> memory_snapshot = memory.snapshot();
    std::shared_ptr<const StoreSnapshot> rocks_snapshot = rocks->snapshot();
    const auto compare = [&](const RowReader& a, const RowReader& b) {
        const auto key = batches.key();
        EXPECT_EQ(*a.get(key), *b.get(key));
        const auto bounds = batches.bounds();
        const auto rows = rows_of(a, bounds);
        EXPECT_EQ(rows, rows_of(b, bounds));
        EXPECT_EQ(rows_after_seek(a, bounds, key), rows_to_seek(rows, key));
        EXPECT_EQ(rows_after_seek(b, bounds, key), rows_to_seek(rows, key));
        EXPECT_EQ(rows_of(a, bounds, ScanOrder::descending),
                  rows_of(b, bounds, ScanOrder::descending));
    };
    for (int round = 0; round < 150; ++round) {
        BatchWriter batch;
        batch.reset(memory.applied().next());
        batches.fill(batch);
        ASSERT_TRUE(memory.apply(batch.view()));
        ASSERT_TRUE(rocks->apply(batch.view()));
        EXPECT_EQ(memory.applied(), batch.view().last());
        EXPECT_EQ(rocks->applied(), batch.view().last());
        compare(memory, *rocks);
        compare(*memory_snapshot, *rocks_snapshot);
        EXPECT_EQ(memory_snapshot->revision(), rocks_snapshot->revision());
        if (random.chance(1, 10)) {
            memory_snapshot = memory.snapshot();
            rocks_snapshot = rocks->snapshot();
        }
        if (random.chance(1, 20)) {
            EXPECT_EQ(*memory.flush(), *rocks->flush());
        }
        if (random.chance(1, 30)) {
            // All the way through the disk.
            EXPECT_EQ(*memory.flush(), *rocks->flush());
            rocks_snapshot.reset();
            rocks.reset();
            rocks = open_rocks(directory.path());
            EXPECT_EQ(rocks->applied(), memory.applied());
            memory_snapshot = memory.snapshot();
            rocks_snapshot = rocks->snapshot();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoresTest, testing::Range<uint64_t>(0, 8));

enum class Kind : uint8_t { memory, rocks };

class AnyStore : public testing::TestWithParam<Kind> {
protected:
    AnyStore() {
        if (GetParam() == Kind::memory) {
            store_ = std::make_unique<MemoryStore>();
        } else {
            store_ = open_rocks(directory_.path());
        }
    }

    void put(std::string_view key, std::string_view value) {
        BatchWriter batch;
        batch.reset(store_->applied().next());
        batch.begin();
        batch.put(key, value);
        batch.end();
        ASSERT_TRUE(store_->apply(batch.view()));
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, AnyStore, testing::Values(Kind::memory, Kind::rocks),
                         [](const auto& kind) {
                             return kind.param == Kind::memory ? "memory" : "rocks";
                         });

TEST_P(AnyStore, is_empty_at_revision_0) {
    EXPECT_EQ(store_->applied(), Revision(0));
    EXPECT_EQ(*store_->get("Tx"), std::nullopt);
    EXPECT_TRUE(rows_of(*store_, {"T", "U"}).empty());
    EXPECT_EQ(store_->snapshot()->revision(), Revision(0));
}

TEST_P(AnyStore, tells_an_empty_value_from_none) {
    put("Tx", "");
    EXPECT_EQ(*store_->get("Tx"), "");
    EXPECT_EQ(*store_->get("T"), std::nullopt);
}

TEST_P(AnyStore, scans_include_the_lower_bound_and_not_the_upper) {
    for (const char* key : {"Ta", "Tb", "Tc"}) put(key, "1");
    EXPECT_EQ(rows_of(*store_, {"Ta", "Tc"}), (RowList{{"Ta", "1"}, {"Tb", "1"}}));
    EXPECT_EQ(rows_of(*store_, {"Ta", "Tc"}, ScanOrder::descending),
              (RowList{{"Tb", "1"}, {"Ta", "1"}}));
    EXPECT_TRUE(rows_of(*store_, {"Tb", "Tb"}).empty());
    EXPECT_TRUE(rows_of(*store_, {"Tc", "Ta"}).empty());
    EXPECT_TRUE(rows_of(*store_, {"Tc", "Ta"}, ScanOrder::descending).empty());
}

TEST_P(AnyStore, lets_a_snapshot_and_a_scan_stay_as_they_were) {
    put("Ta", "old");
    put("Tb", "old");
    const auto snapshot = store_->snapshot();
    const auto scan = store_->scan("T", "U");
    put("Ta", "new");
    put("Tc", "new");
    EXPECT_EQ(*snapshot->get("Ta"), "old");
    EXPECT_EQ(rows_of(*snapshot, {"T", "U"}), (RowList{{"Ta", "old"}, {"Tb", "old"}}));
    EXPECT_EQ(scan->value(), "old");
    scan->next();
    scan->next();
    EXPECT_FALSE(scan->valid());
    EXPECT_TRUE(scan->status());
    EXPECT_EQ(snapshot->revision(), Revision(2));
    EXPECT_EQ(store_->applied(), Revision(4));
}

TEST_P(AnyStore, lets_a_snapshot_outlive_it) {
    put("Ta", "kept");
    const auto snapshot = store_->snapshot();
    store_.reset();
    EXPECT_EQ(*snapshot->get("Ta"), "kept");
}

TEST_P(AnyStore, shows_nothing_of_a_batch_that_is_damaged) {
    put("Ta", "old");
    BatchWriter batch;
    batch.reset(Revision(2));
    batch.begin();
    batch.put("Ta", "new");
    batch.put("Tb", "new");
    batch.end();
    auto cut = batch.view();
    cut.bytes.remove_suffix(1);
    // The length in front is wrong now; and once more with a length that fits.
    EXPECT_FALSE(store_->apply(cut));
    std::string bytes(batch.view().bytes);
    bytes.back() = '\xff';
    bytes[bytes.size() - 4] = '\x7f';
    EXPECT_FALSE(store_->apply({Revision(2), 1, bytes}));
    EXPECT_EQ(*store_->get("Ta"), "old");
    EXPECT_EQ(*store_->get("Tb"), std::nullopt);
    EXPECT_EQ(store_->applied(), Revision(1));
    EXPECT_TRUE(store_->apply(batch.view()));
    EXPECT_EQ(*store_->get("Tb"), "new");
}

TEST(MemoryStore, goes_back_to_its_last_flush_in_a_crash) {
    MemoryStore store;
    BatchWriter batch;
    const auto put = [&](std::string_view value) {
        batch.reset(store.applied().next());
        batch.begin();
        batch.put("Tk", value);
        batch.end();
        return store.apply(batch.view()).has_value();
    };
    EXPECT_TRUE(put("flushed"));
    EXPECT_EQ(*store.flush(), Revision(1));
    EXPECT_TRUE(put("lost"));
    store.crash();
    EXPECT_EQ(store.applied(), Revision(1));
    EXPECT_EQ(*store.get("Tk"), "flushed");
    store.fail_next_applies(1);
    EXPECT_FALSE(put("refused"));
    EXPECT_EQ(store.applied(), Revision(1));
    EXPECT_TRUE(put("taken"));
    EXPECT_EQ(*store.get("Tk"), "taken");
}

}  // namespace
}  // namespace signalbox
