#include <gtest/gtest.h>

#include "sim/engine_driver.h"

// What the catalog of pools and flavors promises.

namespace signalbox {
namespace {

PutPool pool(const std::string& name, int partition) {
    PutPool command;
    command.pool.name = name;
    command.pool.uri = "signalbox://partition/" + std::to_string(partition);
    return command;
}

ErrorCode error_of(const auto& answer) {
    EXPECT_TRUE(answer && !*answer);
    return answer && !*answer ? answer->error().code : ErrorCode::internal;
}

class PoolsTest : public testing::Test {
protected:
    std::vector<std::string> picked_by(const std::string& flavor) {
        return driver_.must(GetFlavor{{"p", flavor}}).pools;
    }

    EngineDriver driver_;
};

using Names = std::vector<std::string>;

TEST_F(PoolsTest, have_a_uri_of_their_own) {
    driver_.must(pool("a", 0));
    EXPECT_EQ(error_of(driver_.ask(pool("b", 0))), ErrorCode::conflict);
    driver_.must(pool("b", 1));
    UpdatePool update;
    update.name = "b";
    update.uri = "signalbox://partition/0";
    EXPECT_EQ(error_of(driver_.ask(update)), ErrorCode::conflict);
    // It may keep its own.
    update.uri = "signalbox://partition/1";
    update.weight = 7;
    EXPECT_EQ(driver_.must(update).weight, 7u);
    driver_.must(pool("a", 0));
    driver_.engine().check(driver_.clock().now());
}

TEST_F(PoolsTest, are_picked_by_one_flavor_at_most) {
    for (int i = 0; i < 3; ++i) driver_.must(pool(std::string(1, static_cast<char>('a' + i)), i));
    driver_.must(PutFlavor{{"p", "gold"}, {"a", "b"}});
    driver_.must(PutFlavor{{"p", "silver"}, {"b", "c"}});
    EXPECT_EQ(picked_by("gold"), Names{"a"});
    EXPECT_EQ(picked_by("silver"), (Names{"b", "c"}));
    driver_.must(PutFlavor{{"p", "silver"}, {"c"}});
    EXPECT_EQ(picked_by("silver"), Names{"c"});
    EXPECT_FALSE(driver_.must(GetPool{"b"}).flavor);
    driver_.restart();
    EXPECT_EQ(picked_by("gold"), Names{"a"});
    EXPECT_EQ(picked_by("silver"), Names{"c"});
}

TEST_F(PoolsTest, cannot_go_while_a_flavor_picks_them) {
    driver_.must(pool("a", 0));
    driver_.must(PutFlavor{{"p", "gold"}, {"a"}});
    EXPECT_EQ(error_of(driver_.ask(DeletePool{"a"})), ErrorCode::forbidden);
    EXPECT_TRUE(driver_.must(DeleteFlavor{{"p", "gold"}}).existed);
    EXPECT_FALSE(driver_.must(DeleteFlavor{{"p", "gold"}}).existed);
    EXPECT_TRUE(driver_.must(DeletePool{"a"}).existed);
    EXPECT_FALSE(driver_.must(DeletePool{"a"}).existed);
    driver_.restart();
    EXPECT_TRUE(driver_.must(ListPools{{}, 10}).pools.empty());
}

TEST_F(PoolsTest, must_exist_to_be_picked) {
    driver_.must(pool("a", 0));
    const auto refused = driver_.ask(PutFlavor{{"p", "gold"}, {"a", "b"}});
    ASSERT_EQ(error_of(refused), ErrorCode::not_found);
    EXPECT_EQ(refused->error().field, "pool");
    // All or nothing.
    EXPECT_EQ(error_of(driver_.ask(GetFlavor{{"p", "gold"}})), ErrorCode::not_found);
    EXPECT_FALSE(driver_.must(GetPool{"a"}).flavor);
    EXPECT_EQ(error_of(driver_.ask(PutFlavor{{"p", "gold"}, {"a"}, true})), ErrorCode::not_found);
}

TEST_F(PoolsTest, flavors_are_listed_by_project) {
    driver_.must(pool("a", 0));
    for (const auto* name : {"x", "y", "z"}) driver_.must(PutFlavor{{"p", name}, {"a"}});
    driver_.must(PutFlavor{{"other", "o"}, {"a"}});
    const auto page = driver_.must(ListFlavors{{"p", "x"}, 1}).flavors;
    ASSERT_EQ(page.size(), 1u);
    EXPECT_EQ(page[0].flavor.name, "y");
    EXPECT_EQ(driver_.must(ListFlavors{{"p", ""}, 10}).flavors.size(), 3u);
    EXPECT_EQ(driver_.must(ListFlavors{{"q", ""}, 10}).flavors.size(), 0u);
}

TEST(PoolLimits, are_kept) {
    CoreLimits limits;
    limits.pool.pools_max = 1;
    limits.pool.flavors_max = 1;
    limits.pool.uri_bytes_max = 30;
    limits.pool.options_bytes_max = 2;
    EngineDriver driver(limits);
    driver.must(pool("a", 0));
    EXPECT_EQ(error_of(driver.ask(pool("b", 1))), ErrorCode::overloaded);
    driver.must(pool("a", 2));
    driver.must(PutFlavor{{"p", "gold"}, {"a"}});
    EXPECT_EQ(error_of(driver.ask(PutFlavor{{"p", "silver"}, {"a"}})), ErrorCode::overloaded);
    auto large = pool("a", 1);
    large.pool.uri += "00000000000";
    const auto too_long = driver.ask(large);
    ASSERT_EQ(error_of(too_long), ErrorCode::invalid_argument);
    EXPECT_EQ(too_long->error().field, "uri");
    auto rich = pool("a", 1);
    rich.pool.options = R"({"a":1})";
    const auto too_much = driver.ask(rich);
    ASSERT_EQ(error_of(too_much), ErrorCode::invalid_argument);
    EXPECT_EQ(too_much->error().field, "options");
}

}  // namespace
}  // namespace signalbox
