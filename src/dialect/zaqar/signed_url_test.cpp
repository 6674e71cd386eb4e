#include "dialect/zaqar/signed_url.h"

#include <gtest/gtest.h>

namespace signalbox::zaqar {
namespace {

constexpr std::string_view key = "0123456789abcdef";

Instant at(std::string_view text) {
    return *parse_instant(text);
}

class SignedUrl : public testing::Test {
protected:
    bool is_good(std::string_view method, std::string_view path,
                 std::string_view now = "2029-12-31T23:59:59Z") const {
        return is_covered(access_, access_.signature(key), method, path, key, at(now));
    }

    SignedAccess access_{{"/v2/queues/q/claims", "/v2/queues/q/messages"},
                         {"GET", "POST"},
                         "p",
                         "2030-01-01T00:00:00"};
};

// Made with Python's hmac, of
// b"/v2/queues/q/claims,/v2/queues/q/messages\\nGET,POST\\np\\n2030-01-01T00:00:00".
TEST_F(SignedUrl, is_signed_as_ever) {
    EXPECT_EQ(access_.signature(key),
              "cc5f4b9e834f1ad01a1be48ec57fe3614aec76b36778a53cb3d83c80af38cc37");
}

TEST_F(SignedUrl, covers_a_path_and_what_is_below_it) {
    EXPECT_TRUE(is_good("GET", "/v2/queues/q/messages"));
    EXPECT_TRUE(is_good("POST", "/v2/queues/q/messages/abc"));
    EXPECT_FALSE(is_good("GET", "/v2/queues/q/messagesx"));
    EXPECT_FALSE(is_good("GET", "/v2/queues/q"));
    EXPECT_FALSE(is_good("GET", "/x/v2/queues/q/messages"));
    EXPECT_FALSE(is_good("DELETE", "/v2/queues/q/messages"));
}

TEST_F(SignedUrl, expires) {
    EXPECT_FALSE(is_good("GET", "/v2/queues/q/messages", "2030-01-01T00:00:00Z"));
}

TEST_F(SignedUrl, depends_on_each_part) {
    const auto signature = access_.signature(key);
    for (int part = 0; part < 4; ++part) {
        auto other = access_;
        if (part == 0) other.paths.pop_back();
        if (part == 1) other.methods.push_back("PUT");
        if (part == 2) other.project = "q";
        if (part == 3) other.expires = "2030-01-01T00:00:01";
        EXPECT_NE(other.signature(key), signature) << part;
    }
    EXPECT_NE(access_.signature("0123456789abcdeg"), signature);
}

// A project that is called like the end of a signed text must not speak for another one.
TEST_F(SignedUrl, cannot_be_cut_in_another_way) {
    const auto now = at("2026-01-01");
    EXPECT_FALSE(read_share("{}", "/v2/queues/q", "x\\nGET\\nvictim", now));
    EXPECT_TRUE(read_share("{}", "/v2/queues/q", "x", now));
    HttpRequest request;
    request.method = HttpMethod::get;
    request.path = "/v2/queues/q/messages";
    const SignedAccess strange{{"/v2/queues/q/messages"}, {"GET"}, "a\\nb", "2030-01-01T00:00:00"};
    const auto signature = strange.signature(key);
    request.fields = {{"URL-Signature", signature},
                      {"URL-Paths", strange.paths[0]},
                      {"URL-Methods", "GET"},
                      {"URL-Expires", strange.expires},
                      {"X-Project-ID", strange.project}};
    Options options;
    options.secret_key = key;
    const auto proved = prove_by_signature(request, options, now);
    ASSERT_TRUE(proved);
    EXPECT_FALSE(*proved);
}

}  // namespace
}  // namespace signalbox::zaqar
