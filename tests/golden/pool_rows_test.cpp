#include <gtest/gtest.h>

#include "tests/golden/golden_rows.h"

// The rows of pools and flavors.

namespace signalbox {
namespace {

constexpr std::pair<Table, const char*> files[] = {{Table::pool, "rows-pool.txt"},
                                                   {Table::flavor, "rows-flavor.txt"}};

std::vector<std::string> file_names() {
    std::vector<std::string> names;
    for (const auto& [table, file] : files) names.emplace_back(file);
    return names;
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
    put_golden_rows(driver, file_names());
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
