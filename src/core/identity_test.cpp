#include "core/identity.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(UserUuid, is_the_name_where_that_is_one) {
    constexpr auto text = "28732736-22ea-4e3f-8333-8e137184676a";
    EXPECT_EQ(user_uuid_of("t", text)->text(), text);
    EXPECT_EQ(user_uuid_of("t", "2873273622ea4e3f83338e137184676a")->text(), text);
    EXPECT_EQ(user_uuid_of("t", ""), std::nullopt);
}

// It is in rows and in what clients have kept.
TEST(UserUuid, follows_from_the_name_as_ever) {
    EXPECT_EQ(user_uuid_of("t", "ann")->text(), "81c3bdf3-bc4e-8288-ad40-3384c6a499a5");
    EXPECT_NE(user_uuid_of("t", "ann"), user_uuid_of("t", "bob"));
    EXPECT_NE(user_uuid_of("t", "ann"), user_uuid_of("u", "ann"));
    EXPECT_NE(user_uuid_of("ta", "nn"), user_uuid_of("t", "ann"));
}

}  // namespace
}  // namespace signalbox
