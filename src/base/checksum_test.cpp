#include "base/checksum.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox {
namespace {

// The published vectors of XXH3; they are on the disks of users.
TEST(Checksum, is_xxh3_for_ever) {
    EXPECT_EQ(checksum(""), 0x2d06800538d394c2u);
    EXPECT_EQ(checksum("", 1), 0x4dc5b0cc826f6703u);
    EXPECT_NE(checksum("a"), checksum("b"));
}

TEST(Checksum, depends_on_its_seed_and_on_every_byte) {
    const std::string text(1000, 'x');
    EXPECT_NE(checksum(text, 1), checksum(text, 2));
    for (size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = 'y';
        EXPECT_NE(checksum(changed), checksum(text)) << i;
    }
}

}  // namespace
}  // namespace signalbox
