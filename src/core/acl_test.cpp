#include "core/acl.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

TEST(AclPattern, without_wildcards_matches_itself_only) {
    EXPECT_TRUE(acl_matches("queues.orders.read", "queues.orders.read"));
    EXPECT_FALSE(acl_matches("queues.orders.read", "queues.orders.reads"));
    EXPECT_FALSE(acl_matches("queues.orders.read", "queues.orders"));
    EXPECT_FALSE(acl_matches("queues.orders.read", "queuesXorders.read"));
    EXPECT_TRUE(acl_matches("", ""));
    EXPECT_FALSE(acl_matches("", "a"));
}

TEST(AclPattern, star_stays_within_a_word) {
    EXPECT_TRUE(acl_matches("queues.*.read", "queues.orders.read"));
    EXPECT_TRUE(acl_matches("queues.o*s.read", "queues.orders.read"));
    EXPECT_TRUE(acl_matches("queues.*.read", "queues..read"));
    EXPECT_FALSE(acl_matches("queues.*.read", "queues.orders.old.read"));
    EXPECT_FALSE(acl_matches("*", "queues.orders"));
}

TEST(AclPattern, hash_goes_over_words) {
    EXPECT_TRUE(acl_matches("#", ""));
    EXPECT_TRUE(acl_matches("#", "queues.orders.read"));
    EXPECT_TRUE(acl_matches("queues.#", "queues.orders.messages.post"));
    EXPECT_TRUE(acl_matches("queues.#.post", "queues.orders.messages.post"));
    EXPECT_FALSE(acl_matches("queues.#.post", "queues.post"));
    EXPECT_FALSE(acl_matches("queues.#", "queue.orders"));
    EXPECT_TRUE(acl_matches("*.#.*", "a.b.c.d"));
}

// What looks like an expression of another language is taken as it is.
TEST(AclPattern, is_no_regular_expression) {
    EXPECT_FALSE(acl_matches("queues.[a-z]+", "queues.a"));
    EXPECT_FALSE(acl_matches("a.b", "axb"));
    EXPECT_FALSE(acl_matches("a|b", "a"));
}

TEST(AclPattern, does_not_take_for_ever) {
    std::string pattern;
    for (int i = 0; i < 60; ++i) pattern += "#a";
    EXPECT_FALSE(acl_matches(pattern, std::string(1000, 'a') + "b"));
}

TEST(Acl, allows_what_one_gives_and_none_takes_away) {
    EXPECT_FALSE(acl_allows({}, "queues.a.read"));
    EXPECT_TRUE(acl_allows({"tickets.#", "queues.*.read"}, "queues.a.read"));
    EXPECT_FALSE(acl_allows({"queues.#", "!queues.secret.#"}, "queues.secret.read"));
    EXPECT_FALSE(acl_allows({"!queues.secret.#", "queues.#"}, "queues.secret.read"));
    EXPECT_TRUE(acl_allows({"queues.#", "!queues.secret.#"}, "queues.a.read"));
    EXPECT_FALSE(acl_allows({"!queues.secret.#"}, "queues.a.read"));
}

TEST(AclPattern, is_checked_when_it_is_given) {
    EXPECT_TRUE(check_acl_pattern("queues.*.messages.#", 256));
    EXPECT_TRUE(check_acl_pattern("!queues.a", 256));
    for (const auto* wrong : {"", "!", "a b", "a!b", "a\nb", "ä", "!!a"}) {
        const auto checked = check_acl_pattern(wrong, 256);
        ASSERT_FALSE(checked) << wrong;
        EXPECT_EQ(checked.error().field, "acl");
    }
    EXPECT_TRUE(check_acl_pattern(std::string(256, 'a'), 256));
    EXPECT_FALSE(check_acl_pattern(std::string(257, 'a'), 256));
}

TEST(AclPatterns, give_all_that_begins_so) {
    const auto all = [](const std::string& pattern, std::string_view beginning) {
        return acl_allows_all({"other.read", pattern}, beginning, ".delete");
    };
    EXPECT_TRUE(all("#", "kv.app."));
    EXPECT_TRUE(all("kv.app.#", "kv.app."));
    EXPECT_TRUE(all("kv.app.#", "kv.app.a"));
    EXPECT_TRUE(all("kv.*.#", "kv.app."));
    EXPECT_TRUE(all("kv.app.#.delete", "kv.app."));
    EXPECT_FALSE(all("kv.app.#", "kv.app")) << "kv.appx.delete";
    EXPECT_FALSE(all("kv.app.#.read", "kv.app."));
    EXPECT_FALSE(all("kv.app.*.delete", "kv.app."));
    EXPECT_FALSE(all("kv.app.delete", "kv.app"));
    EXPECT_FALSE(acl_allows_all({"#", "!kv.b"}, "kv.a.", ".read"));
    EXPECT_FALSE(acl_allows_all({}, "", ""));
}

// Whatever stands between them is given.
RC_GTEST_PROP(AclPatterns, that_give_all_give_each, ()) {
    const auto letters =
        rc::gen::resize(4, rc::gen::container<std::string>(rc::gen::element('a', 'b', '.')));
    const auto pattern = *rc::gen::resize(
        5, rc::gen::container<std::string>(rc::gen::element('a', 'b', '.', '*', '#')));
    const auto beginning = *letters;
    const auto end = *letters;
    if (!acl_allows_all({pattern}, beginning, end)) return;
    RC_ASSERT(acl_allows({pattern}, beginning + *letters + end));
}

// The plain way: try every length that a wildcard may have.
bool matches_plainly(std::string_view pattern, std::string_view action) {
    if (pattern.empty()) return action.empty();
    const auto rest = pattern.substr(1);
    if (pattern[0] != '*' && pattern[0] != '#') {
        return !action.empty() && action[0] == pattern[0] &&
               matches_plainly(rest, action.substr(1));
    }
    for (size_t taken = 0; taken <= action.size(); ++taken) {
        if (taken > 0 && pattern[0] == '*' && action[taken - 1] == '.') return false;
        if (matches_plainly(rest, action.substr(taken))) return true;
    }
    return false;
}

RC_GTEST_PROP(AclPattern, matches_what_the_plain_way_matches, ()) {
    const auto letters = rc::gen::element('a', 'b', '.');
    const auto any = rc::gen::element('a', 'b', '.', '*', '#');
    const auto pattern = *rc::gen::resize(8, rc::gen::container<std::string>(any));
    const auto action = *rc::gen::resize(10, rc::gen::container<std::string>(letters));
    RC_ASSERT(acl_matches(pattern, action) == matches_plainly(pattern, action));
}

}  // namespace
}  // namespace signalbox
