#include "codec/secret_token.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace signalbox {
namespace {

TEST(SecretToken, is_a_prefix_and_what_cannot_be_guessed) {
    const auto token = format_token(std::string(32, '\xff'));
    EXPECT_EQ(token, "sbx_" + std::string(42, '_') + "8");
    EXPECT_EQ(token.size(), 47u);
}

TEST(Base64Url, is_that_of_rfc_4648) {
    EXPECT_EQ(base64url_encode(""), "");
    EXPECT_EQ(base64url_encode("f"), "Zg");
    EXPECT_EQ(base64url_encode("fo"), "Zm8");
    EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
}

TEST(Base64Url, reads_nothing_but_what_it_would_write) {
    std::string bytes;
    for (const auto* wrong : {"Z", "Zh", "Zm9vY", "Zg==", "Zm+v", "Zm/v", "Zm v", "Zm8\n"}) {
        EXPECT_FALSE(base64url_decode(wrong, bytes)) << wrong;
    }
    EXPECT_TRUE(base64url_decode("Zg", bytes));
    EXPECT_EQ(bytes, "f");
}

RC_GTEST_PROP(Base64Url, reads_what_it_wrote, (const std::string& bytes)) {
    std::string again;
    RC_ASSERT(base64url_decode(base64url_encode(bytes), again));
    RC_ASSERT(again == bytes);
}

}  // namespace
}  // namespace signalbox
