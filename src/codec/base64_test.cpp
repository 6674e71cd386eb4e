#include "codec/base64.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(Base64, goes_there_and_back) {
    std::string bytes;
    for (int i = 0; i < 260; ++i) {
        const auto text = base64_encode(bytes);
        EXPECT_EQ(text.size() % 4, 0U);
        EXPECT_EQ(base64_decode(text), bytes);
        bytes += static_cast<char>(i * 7);
    }
    EXPECT_EQ(base64_encode("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST(Base64, refuses_what_is_none) {
    for (const auto* text : {"a", "ab", "abc", "ab=", "a===", "====", "ab==cd==", "YQ==\n",
                             " YQ=", "YR==", "Y*==", "YW\n=", "-_=="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
    EXPECT_EQ(base64_decode(""), "");
}

}  // namespace
}  // namespace signalbox
