#include "core/tokens.h"

#include <gtest/gtest.h>

#include "sim/engine_driver.h"
#include "storage/keys.h"
#include "tests/golden/golden_rows.h"

// The rows of tokens, as ever.

namespace signalbox {
namespace {

const std::string first_hash(32, '\x01');
const std::string second_hash(32, '\x02');
const std::string third_hash(32, '\x03');

// Three tokens, always the same; only the third one has a row of the second version.
class GoldenTokens {
public:
    GoldenTokens() {
        CreateToken plain;
        plain.hash = first_hash;
        plain.tenant = "default";
        first = driver.must(plain);
        CreateToken full;
        full.hash = second_hash;
        full.tenant = "blue";
        full.user = "é";
        full.roles = {"admin", "member"};
        full.acl = {"queues.#", "!queues.secret.*"};
        full.expires_in = std::chrono::hours(1);
        second = driver.must(full);
        CreateToken named;
        named.hash = third_hash;
        named.tenant = "blue";
        named.user = "ann";
        named.user_uuid = Uuid::parse("28732736-22ea-4e3f-8333-8e137184676a");
        third = driver.must(named);
    }
    MemoryStore::Rows rows(Table table) {
        MemoryStore::Rows rows;
        const auto prefix = KeyBuilder(table).take();
        const auto scan = driver.store().scan(prefix, prefix_end(prefix), ScanOrder::ascending);
        for (; scan->valid(); scan->next()) rows.emplace(scan->key(), scan->value());
        return rows;
    }

    EngineDriver driver;
    TokenRecord first;
    TokenRecord second;
    TokenRecord third;
};

TEST(GoldenTokenRows, are_written_as_ever) {
    GoldenTokens tokens;
    expect_golden("rows-token.txt", dump_rows(tokens.rows(Table::token)));
    expect_golden("rows-token_by_id.txt", dump_rows(tokens.rows(Table::token_by_id)));
}

TEST(GoldenTokenRows, are_read_whoever_wrote_them) {
    if (is_rewriting()) GTEST_SKIP() << "reads what the next run finds";
    const GoldenTokens same;
    EngineDriver driver;
    put_golden_rows(driver, {"rows-token.txt", "rows-token_by_id.txt"});
    driver.restart();
    const auto snapshot = driver.store().snapshot();
    EXPECT_EQ(**find_token(*snapshot, first_hash), same.first);
    EXPECT_EQ(**find_token(*snapshot, second_hash), same.second);
    EXPECT_EQ(**find_token(*snapshot, third_hash), same.third);
    EXPECT_EQ(list_tokens(*snapshot, {}, 10)->tokens.size(), 3u);
    driver.must(RevokeToken{same.first.id});
    driver.must(RevokeToken{same.third.id});
    driver.advance(std::chrono::hours(2));
    const auto later = driver.store().snapshot();
    EXPECT_FALSE(*find_token(*later, first_hash));
    EXPECT_FALSE(*find_token(*later, second_hash));
    EXPECT_TRUE(list_tokens(*later, {}, 10)->tokens.empty());
}

}  // namespace
}  // namespace signalbox
