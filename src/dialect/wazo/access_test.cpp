#include "dialect/wazo/access.h"

#include <gtest/gtest.h>

// The grammar of accesses, by the examples of its description.

namespace signalbox::wazo {
namespace {

Identity with(std::vector<std::string> acl) {
    Identity identity;
    identity.user_uuid = Uuid::parse("28732736-22ea-4e3f-8333-8e137184676a");
    identity.session = "5a01d6b3-3a2f-4d0a-9d1d-0c9a3f7d3f11";
    identity.acl = std::move(acl);
    return identity;
}

TEST(WazoAccess, has_stars_for_a_word_and_hashes_for_more) {
    EXPECT_TRUE(is_given(with({"a.*"}), "a.b"));
    EXPECT_FALSE(is_given(with({"a.*"}), "a.b.c"));
    EXPECT_TRUE(is_given(with({"a.#"}), "a.b.c"));
    EXPECT_FALSE(is_given(with({"a.#"}), "a"));
    EXPECT_TRUE(is_given(with({"#"}), "a.b"));
    EXPECT_FALSE(is_given(with({"a.b"}), "a.b.c"));
}

TEST(WazoAccess, a_denial_wins) {
    EXPECT_FALSE(is_given(with({"a.#", "!a.b"}), "a.b"));
    EXPECT_FALSE(is_given(with({"!a.b", "a.#"}), "a.b"));
    EXPECT_TRUE(is_given(with({"a.#", "!a.b"}), "a.c"));
}

TEST(WazoAccess, me_is_the_user_and_the_word_itself) {
    constexpr auto own = "users.28732736-22ea-4e3f-8333-8e137184676a.meetings";
    EXPECT_TRUE(is_given(with({"users.me.meetings"}), own));
    EXPECT_TRUE(is_given(with({"users.me.meetings"}), "users.me.meetings"));
    EXPECT_FALSE(is_given(with({"users.me.meetings"}),
                          "users.11111111-22ea-4e3f-8333-8e137184676a.meetings"));
    EXPECT_FALSE(is_given(with({"#", "!users.me.#"}), own));
    EXPECT_FALSE(is_given(with({"users.mean.meetings"}), own));
}

TEST(WazoAccess, my_session_is_the_token) {
    EXPECT_TRUE(
        is_given(with({"sessions.my_session"}), "sessions.5a01d6b3-3a2f-4d0a-9d1d-0c9a3f7d3f11"));
    EXPECT_FALSE(is_given(with({"sessions.my_session"}), "sessions.5a01d6b3"));
}

TEST(WazoAccess, edit_and_update_are_one_word) {
    EXPECT_TRUE(is_given(with({"notes.edit"}), "notes.update"));
    EXPECT_TRUE(is_given(with({"notes.update"}), "notes.edit"));
    EXPECT_FALSE(is_given(with({"notes.edited"}), "notes.updated"));
}

TEST(WazoAccess, no_pattern_gives_everything_but_what_only_patterns_give) {
    EXPECT_TRUE(is_given(with({}), "a"));
    EXPECT_FALSE(is_given_by_pattern(with({}), "a"));
}

TEST(WazoAccess, the_receiver_is_filled_in) {
    EXPECT_EQ(for_receiver("a.{user}.b", *Uuid::parse("28732736-22ea-4e3f-8333-8e137184676a")),
              "a.28732736-22ea-4e3f-8333-8e137184676a.b");
    EXPECT_EQ(for_receiver("a.b", Uuid()), "a.b");
}

}  // namespace
}  // namespace signalbox::wazo
