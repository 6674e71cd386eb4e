#include "codec/http_message.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string head_of(const HttpResponse& response, HttpFraming framing, bool keep_alive = true) {
    std::string out;
    append_response_head(out, response, framing, keep_alive, date);
    return out;
}

TEST(ResponseHead, tells_the_length_of_its_body) {
    HttpResponse response;
    response.status = 201;
    response.fields = {{"Location", "/tickets/1"}, {"X-Two", "2"}};
    response.content_type = "application/json";
    response.body = "{}";
    EXPECT_EQ(head_of(response, HttpFraming::length),
              "HTTP/1.1 201 Created\r\n"
              "Content-Type: application/json\r\n"
              "Content-Length: 2\r\n"
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "Location: /tickets/1\r\n"
              "X-Two: 2\r\n"
              "Connection: keep-alive\r\n"
              "\r\n");
}

TEST(ResponseHead, tells_the_length_of_an_empty_body) {
    EXPECT_NE(head_of({}, HttpFraming::length).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(ResponseHead, says_how_a_stream_ends) {
    HttpResponse response;
    response.content_type = "text/event-stream";
    const auto chunked = head_of(response, HttpFraming::chunked);
    EXPECT_NE(chunked.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(chunked.find("Content-Length"), std::string::npos);
    const auto until_close = head_of(response, HttpFraming::until_close, false);
    EXPECT_EQ(until_close.find("Transfer-Encoding"), std::string::npos);
    EXPECT_EQ(until_close.find("Content-Length"), std::string::npos);
    EXPECT_TRUE(until_close.ends_with("Connection: close\r\n\r\n"));
}

TEST(ResponseHead, has_no_length_where_there_is_no_body_by_rule) {
    HttpResponse no_content;
    no_content.status = 204;
    EXPECT_EQ(head_of(no_content, HttpFraming::none).find("Content-Length"), std::string::npos);
    // HEAD: the length that GET would have.
    HttpResponse document;
    document.content_type = "text/plain";
    document.body = "12345";
    EXPECT_NE(head_of(document, HttpFraming::none).find("Content-Length: 5\r\n"),
              std::string::npos);
}

TEST(ChunkSize, is_hexadecimal) {
    std::string out;
    append_chunk_size(out, 1);
    append_chunk_size(out, 255);
    append_chunk_size(out, 65'536);
    append_last_chunk(out);
    EXPECT_EQ(out, "1\r\nff\r\n10000\r\n0\r\n\r\n");
}

TEST(HttpReason, is_known_for_every_status_that_is_sent) {
    for (const int status :
         {200, 201, 202, 204, 400, 404, 405, 409, 412, 413, 422, 429, 431, 500, 501, 503, 505}) {
        EXPECT_NE(http_reason(static_cast<uint16_t>(status)), "Unknown") << status;
    }
    EXPECT_EQ(http_reason(299), "Unknown");
}

TEST(EqualsIgnoringCase, folds_letters_of_ascii_only) {
    EXPECT_TRUE(equals_ignoring_case("Content-TYPE", "content-type"));
    EXPECT_TRUE(equals_ignoring_case("", ""));
    EXPECT_FALSE(equals_ignoring_case("a", "ab"));
    EXPECT_FALSE(equals_ignoring_case("[", "{"));
    EXPECT_FALSE(equals_ignoring_case("Ä", "ä"));
}

}  // namespace
}  // namespace signalbox
