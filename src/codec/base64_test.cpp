#include "codec/base64.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(Base64, writes_what_the_rfc_writes) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, takes_nothing_else) {
    for (const auto* text :
         {"Zg", "Zg=", "Zg= ", " Zg==", "Zm9v\n", "Z===", "Zh==", "Zm9v====", "Z-8="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

}  // namespace
}  // namespace signalbox
