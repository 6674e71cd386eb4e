#include "storage/batch_rows.h"

#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "storage/random_batches_test.h"

namespace signalbox {
namespace {

// A change set that has not ended yet is seen by its own command, so it counts here.
BatchWriter ended(const BatchWriter& batch) {
    BatchWriter copy = batch;
    copy.end();
    return copy;
}

class BatchRowsTest : public testing::TestWithParam<uint64_t> {};

TEST_P(BatchRowsTest, are_the_rows_as_after_the_commit) {
    RandomBatches batches(GetParam());
    MemoryStore store;
    BatchWriter batch;
    BatchRows rows(store, batch);
    for (int round = 0; round < 30; ++round) {
        batch.reset(store.applied().next());
        rows.reset();
        batch.begin();
        const auto writes = batches.random().below(12);
        for (uint64_t i = 0; i < writes; ++i) {
            batches.write(batch);
            if (batches.random().chance(1, 4) && batch.end()) batch.begin();
            if (batches.random().chance(1, 2)) continue;

            MemoryStore after;
            const auto committed = store.rows();
            BatchWriter all;
            all.reset(Revision(1));
            all.begin();
            for (const auto& [key, value] : committed) all.put(key, value);
            all.end();
            if (!all.empty()) {
                ASSERT_TRUE(after.apply(all.view()));
            }
            ASSERT_TRUE(after.apply(ended(batch).view()));

            const auto key = batches.key();
            EXPECT_EQ(*rows.get(key), *after.get(key));
            const auto bounds = batches.bounds();
            EXPECT_EQ(rows_of(rows, bounds), rows_of(after, bounds));
            EXPECT_EQ(rows_after_seek(rows, bounds, key),
                      rows_to_seek(rows_of(after, bounds), key));
        }
        batch.end();
        if (!batch.empty()) {
            ASSERT_TRUE(store.apply(batch.view()));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BatchRowsTest, testing::Range<uint64_t>(0, 40));

TEST(BatchRows, see_a_row_put_after_its_range_was_erased) {
    MemoryStore store;
    BatchWriter batch;
    BatchRows rows(store, batch);
    batch.reset(Revision(1));
    batch.begin();
    batch.put("Tb", "old");
    batch.erase_range("Ta", "Tz");
    EXPECT_EQ(*rows.get("Tb"), std::nullopt);
    batch.put("Tb", "new");
    EXPECT_EQ(*rows.get("Tb"), "new");
    EXPECT_EQ(rows_of(rows, {"T", "U"}), (RowList{{"Tb", "new"}}));
}

TEST(BatchRows, let_a_scan_go_on_while_rows_behind_it_are_erased) {
    MemoryStore store;
    BatchWriter batch;
    BatchRows rows(store, batch);
    batch.reset(Revision(1));
    batch.begin();
    for (const char* key : {"Ta", "Tb", "Tc", "Td"}) batch.put(key, key);
    batch.end();
    ASSERT_TRUE(store.apply(batch.view()));
    batch.reset(Revision(2));
    rows.reset();
    batch.begin();
    batch.put("Tbb", "of the batch");
    std::vector<std::string> seen;
    // As retention does it: what was looked at goes, and the batch is asked meanwhile.
    for (const auto scan = rows.scan("T", "U", ScanOrder::ascending); scan->valid(); scan->next()) {
        seen.emplace_back(scan->key());
        batch.erase(scan->key());
        EXPECT_EQ(*rows.get(seen.back()), std::nullopt);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"Ta", "Tb", "Tbb", "Tc", "Td"}));
    EXPECT_TRUE(rows_of(rows, {"T", "U"}).empty());
}

}  // namespace
}  // namespace signalbox
