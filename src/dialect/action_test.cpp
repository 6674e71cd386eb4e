#include "dialect/action.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(Action, is_the_dialect_the_words_and_the_verb) {
    EXPECT_EQ(action_name(Dialect::native, {"queues", "a", "messages"}, "create"),
              "queues.a.messages.create");
    EXPECT_EQ(action_name(Dialect::zaqar, {"queues"}, "read"), "zaqar.queues.read");
    EXPECT_EQ(action_name(Dialect::zaqar, {}, "read"), "zaqar.read");
}

TEST(Action, a_name_does_not_pass_for_several_words) {
    EXPECT_EQ(action_name(Dialect::native, {"queues", "a.messages"}, "delete"),
              "queues.a/messages.delete");
    EXPECT_EQ(action_name(Dialect::native, {"queues", "a/messages"}, "delete"),
              "queues.a%messages.delete");
}

TEST(Action, a_get_that_changes_something_is_an_update) {
    EXPECT_EQ(action_verb(HttpMethod::get, false), "read");
    EXPECT_EQ(action_verb(HttpMethod::get, true), "update");
    EXPECT_EQ(action_verb(HttpMethod::post, true), "create");
    EXPECT_EQ(action_verb(HttpMethod::patch, true), "update");
    EXPECT_EQ(action_verb(HttpMethod::erase, true), "delete");
}

TEST(Action, without_patterns_everything_is_given_and_with_them_what_they_say) {
    Identity identity;
    EXPECT_TRUE(check_action(identity, "tickets.create"));
    identity.acl = {"tickets.#"};
    EXPECT_TRUE(check_action(identity, "tickets.create"));
    const auto refused = check_action(identity, "queues.a.delete");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
    EXPECT_EQ(refused.error().message, "does not give queues.a.delete");
    identity.acl = {"#"};
    EXPECT_FALSE(check_action(identity, std::string(2000, 'a')));
    identity.acl = {"!#"};
    EXPECT_FALSE(check_action(identity, "tickets.create"));
}

}  // namespace
}  // namespace signalbox
