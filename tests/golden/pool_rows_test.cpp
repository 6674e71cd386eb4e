#include <gtest/gtest.h>

#include "sim/engine_driver.h"
#include "storage/keys.h"
#include "tests/golden/golden_file.h"

// The rows of pools and flavors.

namespace signalbox {
namespace {

constexpr std::pair<Table, const char*> files[] = {{Table::pool, "rows-pool.txt"},
                                                   {Table::flavor, "rows-flavor.txt"}};

MemoryStore::Rows rows_of(EngineDriver& driver, Table table) {
    MemoryStore::Rows rows;
    for (const auto& [key, value] : driver.store().rows()) {
        if (static_cast<Table>(key.front()) == table) rows.emplace(key, value);
    }
    return rows;
}

void fill(EngineDriver& driver) {
    PutPool plain;
    plain.pool.name = "plain";
    plain.pool.uri = "signalbox://partition/0";
    driver.must(std::move(plain));
    PutPool full;
    full.pool.name = "full";
    full.pool.uri = "signalbox://partition/1";
    full.pool.weight = UINT32_MAX;
    full.pool.options = R"({"a":"é"})";
    driver.must(std::move(full));
    // Any bytes may be in the name of a project, also those that end one.
    driver.must(PutFlavor{{std::string("p\0é", 4), "gold"}, {"full"}});
    driver.must(PutFlavor{{"p", "gold"}, {"full"}});
}

TEST(GoldenPools, are_written_as_ever) {
    EngineDriver driver;
    fill(driver);
    for (const auto& [table, file] : files) expect_golden(file, dump_rows(rows_of(driver, table)));
}

// An engine that finds the checked-in rows in its store, whoever wrote them.
TEST(GoldenPools, are_read_as_ever) {
    if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
    EngineDriver driver;
    BatchWriter batch;
    batch.reset(Revision(1));
    batch.begin();
    for (const auto& [table, file] : files) {
        for (const auto& [key, value] : from_dump_of_rows(read_golden(file))) batch.put(key, value);
    }
    batch.end();
    ASSERT_TRUE(driver.store().apply(batch.view()));
    driver.restart();
    const auto pools = driver.must(ListPools{{}, 10}).pools;
    ASSERT_EQ(pools.size(), 2u);
    EXPECT_EQ(pools[0].name, "full");
    EXPECT_EQ(pools[0].uri, "signalbox://partition/1");
    EXPECT_EQ(pools[0].weight, UINT32_MAX);
    EXPECT_EQ(pools[0].options, R"({"a":"é"})");
    ASSERT_TRUE(pools[0].flavor);
    EXPECT_EQ(*pools[0].flavor, (FlavorName{"p", "gold"}));
    EXPECT_EQ(pools[1].name, "plain");
    EXPECT_FALSE(pools[1].flavor);
    EXPECT_EQ(driver.must(GetFlavor{{"p", "gold"}}).pools, std::vector<std::string>{"full"});
    EXPECT_TRUE(driver.must(GetFlavor{{std::string("p\0é", 4), "gold"}}).pools.empty());
}

}  // namespace
}  // namespace signalbox
