#include "app/kv_environment.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(KvEnvironment, names_variables_by_their_path) {
    const auto made = make_environment({{"app/", ""},
                                        {"app/db/", ""},
                                        {"app/db/host", "a b"},
                                        {"app/log-level", "x"},
                                        {"app/2nd", "y"}},
                                       {"app/", false});
    ASSERT_TRUE(made);
    EXPECT_EQ(*made, (Environment{{"DB_HOST", "a b"}, {"LOG_LEVEL", "x"}, {"_2ND", "y"}}));
    const auto kept = make_environment({{"app/db/Host", ""}}, {"app/", true});
    ASSERT_TRUE(kept);
    EXPECT_EQ(*kept, (Environment{{"db_Host", ""}}));
}

TEST(KvEnvironment, refuses_what_is_not_certain) {
    const auto twice = make_environment({{"a/b", "1"}, {"a-b", "2"}}, {"", false});
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().message, "a-b and a/b would both be the variable A_B");
    EXPECT_TRUE(make_environment({{"a/B", "1"}, {"a/b", "2"}}, {"a/", true}));
    EXPECT_FALSE(make_environment({{"a/B", "1"}, {"a/b", "2"}}, {"a/", false}));
    EXPECT_FALSE(make_environment({{"a", std::string("x\0y", 3)}}, {"", false}));
}

}  // namespace
}  // namespace signalbox
