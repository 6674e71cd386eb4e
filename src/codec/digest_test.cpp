#include "codec/digest.h"

#include <gtest/gtest.h>

#include "base/ids.h"

namespace signalbox {
namespace {

// The vectors of RFC 1321, in base64.
TEST(Md5Base64, is_what_content_md5_carries) {
    EXPECT_EQ(md5_base64(""), "1B2M2Y8AsgTpgAmY7PhCfg==");
    EXPECT_EQ(md5_base64("abc"), "kAFQmDzST7DWlj99KOF/cg==");
    EXPECT_EQ(md5_base64("message digest"), "+WtpfXy3k41SWi8xqvFh0A==");
    EXPECT_EQ(md5_base64("The quick brown fox jumps over the lazy dog"),
              "nhB9nTcrtoJr2B01QqQZ1g==");
}

// The vector of FIPS 180, in base64.
TEST(Sha1Base64, is_what_a_websocket_is_accepted_with) {
    EXPECT_EQ(sha1_base64("abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
}

// FIPS 180-2, B.1.
TEST(Sha256, is_the_known_one) {
    EXPECT_EQ(to_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace signalbox
