#include "codec/origin.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

HttpRequest request_of(std::string_view host, std::vector<std::string_view> origins) {
    HttpRequest request;
    request.fields.push_back({"host", host});
    for (const auto origin : origins) request.fields.push_back({"origin", origin});
    return request;
}

bool origin_is_good(std::string_view host, std::string_view origin,
                    const std::vector<std::string>& known = {}) {
    return has_good_origin(request_of(host, {origin}), known);
}

bool host_is_good(std::string_view host, const std::vector<std::string>& hosts = {}) {
    return has_good_host(request_of(host, {}), hosts);
}

TEST(Origin, a_page_of_the_same_host_and_port_is_no_stranger) {
    EXPECT_TRUE(origin_is_good("127.0.0.1:7400", "http://127.0.0.1:7400"));
    EXPECT_TRUE(origin_is_good("Queue.example", "https://queue.example:443"));
    EXPECT_TRUE(origin_is_good("queue.example:80", "http://queue.example"));
    EXPECT_FALSE(origin_is_good("127.0.0.1:7400", "http://127.0.0.1:3000"));
    EXPECT_FALSE(origin_is_good("127.0.0.1:7400", "https://evil.example"));
    EXPECT_FALSE(origin_is_good("127.0.0.1:7400", "null"));
    EXPECT_FALSE(origin_is_good("127.0.0.1:7400", ""));
    EXPECT_FALSE(origin_is_good("", "http://"));
}

TEST(Origin, one_that_is_known_is_good_and_all_are_behind_a_star) {
    EXPECT_TRUE(origin_is_good("a", "https://console.example", {"https://console.example"}));
    EXPECT_FALSE(origin_is_good("a", "http://console.example", {"https://console.example"}));
    EXPECT_TRUE(origin_is_good("a", "https://evil.example", {"*"}));
}

TEST(Origin, a_request_without_one_is_of_no_page_and_of_two_each_must_be_good) {
    EXPECT_TRUE(has_good_origin(request_of("a", {}), {}));
    EXPECT_TRUE(has_good_origin(request_of("a", {"http://a", "https://a"}), {}));
    EXPECT_FALSE(has_good_origin(request_of("a", {"http://a", "http://b"}), {}));
}

TEST(Origin, loopback_may_be_named_by_address_and_as_localhost) {
    for (const auto* host : {"127.0.0.1", "127.0.0.1:7400", "127.1.2.3:1", "[::1]", "[::1]:7400",
                             "localhost", "LocalHost:7400", ""}) {
        EXPECT_TRUE(host_is_good(host)) << host;
    }
}

TEST(Origin, no_other_name_is_the_servers_unless_it_is_told_so) {
    for (const auto* host :
         {"evil.example", "evil.example:7400", "127.0.0.1.evil.example", "localhost.evil.example",
          "127.evil.example", "[::2]", "10.0.0.1", "[::1].evil.example", "::1"}) {
        EXPECT_FALSE(host_is_good(host)) << host;
    }
    EXPECT_TRUE(host_is_good("queue.example:7400", {"queue.example"}));
    EXPECT_FALSE(host_is_good("a.queue.example", {"queue.example"}));
}

TEST(Origin, the_host_of_an_origin) {
    EXPECT_EQ(host_of_origin("https://console.example"), "console.example");
    EXPECT_EQ(host_of_origin("http://console.example:8080"), "console.example");
    EXPECT_EQ(host_of_origin("http://[::2]:8080"), "[::2]");
}

}  // namespace
}  // namespace signalbox
