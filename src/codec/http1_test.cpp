#include "codec/http1.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "codec/http_feed_test.h"

namespace signalbox {
namespace {

using Request = HttpFeed::Request;

Request only_request(std::string_view bytes) {
    HttpFeed feed;
    feed.feed(bytes);
    EXPECT_EQ(feed.refused_status(), 0) << bytes;
    EXPECT_EQ(feed.requests.size(), 1u) << bytes;
    return feed.requests.empty() ? Request{} : feed.requests.front();
}

TEST(HttpParser, reads_the_parts_of_a_request) {
    const auto request = only_request(
        "PATCH /a%2Fb/c?x=1&y=%202 HTTP/1.1\r\n"
        "Host: signalbox.example:7400\r\n"
        "X-Empty:\r\n"
        "x-SPACES: \t two  words \t\r\n"
        "Content-Length: 5\r\n"
        "\r\n"
        "hello");
    EXPECT_EQ(request.method, HttpMethod::patch);
    EXPECT_EQ(request.target, "/a%2Fb/c?x=1&y=%202");
    EXPECT_EQ(request.path, "/a%2Fb/c");
    EXPECT_EQ(request.query, "x=1&y=%202");
    const std::vector<std::pair<std::string, std::string>> fields{
        {"Host", "signalbox.example:7400"},
        {"X-Empty", ""},
        {"x-SPACES", "two  words"},
        {"Content-Length", "5"}};
    EXPECT_EQ(request.fields, fields);
    EXPECT_EQ(request.body, "hello");
    EXPECT_TRUE(request.is_http_1_1);
    EXPECT_TRUE(request.keep_alive);
    EXPECT_TRUE(request.has_body);
}

TEST(HttpParser, knows_the_methods) {
    for (const auto method : {HttpMethod::get, HttpMethod::head, HttpMethod::post, HttpMethod::put,
                              HttpMethod::patch, HttpMethod::erase, HttpMethod::options}) {
        const auto request =
            only_request(std::string(http_method_name(method)) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(request.method, method);
    }
    EXPECT_EQ(only_request("BREW / HTTP/1.1\r\nHost: a\r\n\r\n").method, HttpMethod::other);
    EXPECT_EQ(only_request("get / HTTP/1.1\r\nHost: a\r\n\r\n").method, HttpMethod::other);
}

TEST(HttpParser, finds_a_field_by_its_name_in_any_case) {
    const HttpLimits limits;
    HttpParser parser(limits);
    ASSERT_TRUE(
        parser.parse("GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\n\r\n").is_complete);
    EXPECT_EQ(parser.request().field("X-ONE"), "1");
    EXPECT_EQ(parser.request().field("x-two"), std::nullopt);
}

TEST(HttpParser, takes_the_form_of_target_that_proxies_send) {
    EXPECT_EQ(only_request("GET http://a:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n").path, "/p");
    EXPECT_EQ(only_request("GET http://a:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n").query, "q");
    EXPECT_EQ(only_request("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").target, "/");
    EXPECT_EQ(only_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").target, "*");
}

TEST(HttpParser, takes_an_empty_host_and_an_address) {
    EXPECT_EQ(only_request("GET / HTTP/1.1\r\nHost:\r\n\r\n").fields.size(), 1u);
    EXPECT_EQ(only_request("GET / HTTP/1.1\r\nHost: [::1]:7400\r\n\r\n").fields.size(), 1u);
}

TEST(HttpParser, has_no_body_without_a_length) {
    const auto request = only_request("POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(request.has_body);
    EXPECT_EQ(request.body, "");
    EXPECT_TRUE(only_request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").has_body);
}

TEST(HttpParser, puts_the_chunks_of_a_body_together) {
    const auto request = only_request(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "5\r\nhello\r\n"
        "1;name=value;other=\"quoted; \\\" text\"\r\n,\r\n"
        "0006\r\n world\r\n"
        "0\r\n\r\n");
    EXPECT_EQ(request.body, "hello, world");
    EXPECT_TRUE(request.has_body);
    EXPECT_EQ(only_request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "A\r\n0123456789\r\n0\r\n\r\n")
                  .body,
              "0123456789");
}

TEST(HttpParser, passes_over_trailers) {
    HttpFeed feed;
    feed.feed(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\nX-Checksum: 1\r\nHost: b\r\n\r\n"
        "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(feed.requests.size(), 2u);
    EXPECT_EQ(feed.requests[0].fields.size(), 2u);
    EXPECT_EQ(feed.requests[0].body, "x");
    EXPECT_EQ(feed.requests[1].path, "/next");
}

// Beast aborts on the shortest of them, left to itself.
TEST(HttpParser, takes_a_last_chunk_that_comes_byte_by_byte) {
    for (const std::string_view body :
         {"0\r\n\r\n", "00\r\n\r\n", "0;x\r\n\r\n", "0\r\nX: 1\r\n\r\n", "1\r\nA\r\n0\r\n\r\n"}) {
        HttpFeed feed;
        feed.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const char c : body) {
            EXPECT_TRUE(feed.requests.empty());
            feed.feed(std::string_view(&c, 1));
        }
        EXPECT_EQ(feed.refused_status(), 0) << body;
        EXPECT_EQ(feed.requests.size(), 1u) << body;
    }
}

TEST(HttpParser, keeps_the_connection_as_version_and_field_say) {
    const auto keeps = [](const std::string& version, const std::string& fields) {
        return only_request("GET / " + version + "\r\nHost: a\r\n" + fields + "\r\n").keep_alive;
    };
    EXPECT_TRUE(keeps("HTTP/1.1", ""));
    EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
    EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x, CLOSE\r\n"));
    EXPECT_FALSE(keeps("HTTP/1.0", ""));
    EXPECT_TRUE(keeps("HTTP/1.0", "Connection: keep-alive\r\n"));
}

TEST(HttpParser, speaks_http_1_0_without_a_host) {
    const auto request = only_request("GET / HTTP/1.0\r\n\r\n");
    EXPECT_FALSE(request.is_http_1_1);
    EXPECT_TRUE(request.fields.empty());
}

TEST(HttpParser, gives_pipelined_requests_one_by_one) {
    HttpFeed feed;
    feed.feed(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA"
        "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nC\r\n0\r\n\r\n"
        "GET /4 HTTP/1.1\r\nHo");
    ASSERT_EQ(feed.requests.size(), 3u);
    EXPECT_EQ(feed.requests[0].body, "A");
    EXPECT_EQ(feed.requests[1].path, "/2");
    EXPECT_EQ(feed.requests[2].body, "C");
    feed.feed("st: a\r\n\r\n");
    ASSERT_EQ(feed.requests.size(), 4u);
    EXPECT_EQ(feed.requests[3].path, "/4");
}

TEST(HttpParser, passes_over_empty_lines_between_requests) {
    HttpFeed feed;
    feed.feed("\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\n");
    feed.feed("\r");
    feed.feed("\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(feed.refused_status(), 0);
    EXPECT_EQ(feed.requests.size(), 2u);
}

TEST(HttpParser, tells_once_that_the_client_waits_for_continue) {
    HttpFeed feed;
    feed.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");
    EXPECT_EQ(feed.continues, 1u);
    EXPECT_TRUE(feed.is_inside_request());
    feed.feed("bo");
    feed.feed("dy");
    EXPECT_EQ(feed.continues, 1u);
    ASSERT_EQ(feed.requests.size(), 1u);
    EXPECT_EQ(feed.requests[0].body, "body");
}

TEST(HttpParser, does_not_ask_for_a_body_that_is_there_already) {
    HttpFeed feed;
    feed.feed(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
    EXPECT_EQ(feed.continues, 0u);
    feed.feed("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(feed.continues, 0u);
    EXPECT_EQ(feed.requests.size(), 2u);
}

// Its request line is shorter than one can be.
TEST(HttpParser, waits_for_no_more_of_a_head_that_is_whole) {
    for (const std::string line : {"GET / ", "GET / HTTP", "GET / HTTP/1", "GET / \n4"}) {
        HttpFeed feed;
        feed.feed(line + "\r\n\r\n");
        EXPECT_EQ(feed.refused_status(), 400) << line;
    }
}

TEST(HttpParser, takes_what_is_just_within_the_limits) {
    HttpLimits limits;
    limits.body_bytes_max = 10;
    limits.fields_max = 3;
    limits.target_bytes_max = 20;
    limits.head_bytes_max = 100;
    const std::string line = "POST /" + std::string(19, 'x') + " HTTP/1.1\r\n";
    std::string head = line + "Host: a\r\nContent-Length: 10\r\nX: ";
    head += std::string(limits.head_bytes_max - head.size() - 4, 'x') + "\r\n\r\n";
    ASSERT_EQ(head.size(), limits.head_bytes_max);
    HttpFeed fits(limits);
    fits.feed(head + "0123456789");
    EXPECT_EQ(fits.requests.size(), 1u);

    HttpFeed head_too_large(limits);
    head_too_large.feed(line + "Host: a\r\nContent-Length: 10\r\nX: " + std::string(100, 'x'));
    EXPECT_EQ(head_too_large.refused_status(), 431);
    HttpFeed body_too_large(limits);
    body_too_large.feed(line + "Host: a\r\nContent-Length: 11\r\n\r\n");
    EXPECT_EQ(body_too_large.refused_status(), 413);
    HttpFeed too_many_fields(limits);
    too_many_fields.feed(line + "Host: a\r\nX: 1\r\nY: 2\r\nZ: 3\r\n\r\n");
    EXPECT_EQ(too_many_fields.refused_status(), 431);
    HttpFeed target_too_long(limits);
    target_too_long.feed("GET /" + std::string(20, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(target_too_long.refused_status(), 431);
}

TEST(HttpParser, answers_for_a_body_that_comes_chunk_by_chunk_beyond_the_limit) {
    HttpLimits limits;
    limits.body_bytes_max = 10;
    HttpFeed feed(limits);
    feed.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(feed.feed("2\r\nxx\r\n"));
    feed.feed("1\r\nx\r\n");
    EXPECT_EQ(feed.refused_status(), 413);
}

// Pieces of requests, good and bad, put together at random.
rc::Gen<std::string> arbitrary_stream() {
    static const std::vector<std::string> pieces{
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /x?y=z HTTP/1.0\r\n\r\n",
        "HEAD /h HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx",
        "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "3\r\nabc\r\n",
        "1;e=f\r\nx\r\n",
        "0\r\n\r\n",
        "0\r\nTrailer: t\r\n\r\n",
        "\r\n",
        "\n",
        "\r",
        "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        " ",
        "garbage",
    };
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)),
                        [](const std::vector<std::string>& chosen) {
                            std::string stream;
                            for (const auto& piece : chosen) stream += piece;
                            return stream;
                        });
}

RC_GTEST_PROP(HttpParser, reads_the_same_requests_however_the_bytes_are_cut, ()) {
    // A broken chunk head of few bytes is refused only once more of it is there, hence the end.
    const auto stream = *arbitrary_stream() + std::string(64, '.');
    HttpFeed whole;
    whole.feed(stream);
    HttpFeed bytewise;
    for (const char c : stream) {
        if (!bytewise.feed(std::string_view(&c, 1))) break;
    }
    HttpFeed pieces;
    for (size_t at = 0; at < stream.size();) {
        const auto length = *rc::gen::inRange<size_t>(1, 40);
        if (!pieces.feed(std::string_view(stream).substr(at, length))) break;
        at += length;
    }
    RC_ASSERT(bytewise.requests == whole.requests);
    RC_ASSERT(pieces.requests == whole.requests);
    RC_ASSERT(bytewise.refusal.has_value() == whole.refusal.has_value());
    RC_ASSERT(pieces.refusal.has_value() == whole.refusal.has_value());
}

RC_GTEST_PROP(HttpParser, gives_back_any_body_in_any_chunks, (const std::string& body)) {
    std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t at = 0; at < body.size();) {
        const auto length = std::min(*rc::gen::inRange<size_t>(1, 20), body.size() - at);
        append_chunk_size(bytes, length);
        bytes += body.substr(at, length);
        bytes += chunk_end;
        at += length;
    }
    append_last_chunk(bytes);
    HttpFeed feed;
    feed.feed(bytes);
    RC_ASSERT(feed.requests.size() == 1u);
    RC_ASSERT(feed.requests[0].body == body);
}

}  // namespace
}  // namespace signalbox
