#include "codec/websocket_handshake.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

// The example of RFC 6455, 1.3.
std::vector<HttpField> example() {
    return {{"Host", "server.example.com"},
            {"Upgrade", "websocket"},
            {"Connection", "Upgrade"},
            {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
            {"Sec-WebSocket-Version", "13"}};
}

HttpRequest request_of(std::vector<HttpField> fields) {
    HttpRequest request;
    request.method = HttpMethod::get;
    request.path = "/chat";
    request.fields = std::move(fields);
    return request;
}

std::vector<HttpField> with(std::vector<HttpField> fields, HttpField field) {
    for (auto& known : fields) {
        if (known.name != field.name) continue;
        known.value = field.value;
        return fields;
    }
    fields.push_back(field);
    return fields;
}

std::vector<HttpField> without(std::vector<HttpField> fields, std::string_view name) {
    std::erase_if(fields, [&](const auto& field) { return field.name == name; });
    return fields;
}

uint16_t status_of(const HttpRequest& request, const WebSocketPolicy& policy = {}) {
    const auto handshake = WebSocketHandshake::of(request, policy);
    return handshake ? handshake->response().status : handshake.error().status;
}

uint16_t status_of(std::vector<HttpField> fields, const WebSocketPolicy& policy = {}) {
    return status_of(request_of(std::move(fields)), policy);
}

TEST(WebSocketHandshake, answers_the_key_of_the_standard) {
    const auto handshake = WebSocketHandshake::of(request_of(example()), {});
    ASSERT_TRUE(handshake);
    EXPECT_EQ(handshake->accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const auto response = handshake->response();
    EXPECT_EQ(response.status, 101);
    std::string head;
    append_response_head(head, response, HttpFraming::upgrade, true, "now");
    EXPECT_EQ(head,
              "HTTP/1.1 101 Switching Protocols\r\nDate: now\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nConnection: Upgrade\r\n\r\n");
}

TEST(WebSocketHandshake, takes_lists_in_any_case) {
    auto fields = with(example(), {"Connection", "keep-alive, UPGRADE"});
    EXPECT_EQ(status_of(with(fields, {"Upgrade", "h2c , WebSocket"})), 101);
    fields = with(example(), {"Connection", "keep-alive"});
    fields.push_back({"connection", "upgrade"});
    EXPECT_EQ(status_of(fields), 101);
}

TEST(WebSocketHandshake, needs_an_upgrade) {
    EXPECT_EQ(status_of(without(example(), "Upgrade")), 426);
    EXPECT_EQ(status_of(without(example(), "Connection")), 426);
    EXPECT_EQ(status_of(with(example(), {"Upgrade", "websockets"})), 426);
}

TEST(WebSocketHandshake, names_the_version_that_it_needs) {
    for (const auto* version : {"8", "14", "013", ""}) {
        const auto refused = WebSocketHandshake::of(
            request_of(with(example(), {"Sec-WebSocket-Version", version})), {});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().status, 426);
        EXPECT_EQ(refused.error().fields.front(),
                  std::make_pair(std::string("Sec-WebSocket-Version"), std::string("13")));
    }
    EXPECT_EQ(status_of(without(example(), "Sec-WebSocket-Version")), 426);
}

TEST(WebSocketHandshake, needs_one_key_of_sixteen_bytes) {
    EXPECT_EQ(status_of(without(example(), "Sec-WebSocket-Key")), 400);
    for (const auto* key : {"", "dGhlIHNhbXBsZQ==", "dGhlIHNhbXBsZSBub25jZQ=a",
                            "dGhlIHNhbXBsZSBub25j Q==", "dGhlIHNhbXBsZSBub25jZSEhISE="}) {
        EXPECT_EQ(status_of(with(example(), {"Sec-WebSocket-Key", key})), 400) << key;
    }
    auto twice = example();
    twice.push_back({"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="});
    EXPECT_EQ(status_of(twice), 400);
}

TEST(WebSocketHandshake, begins_with_a_plain_get) {
    auto request = request_of(example());
    request.method = HttpMethod::post;
    EXPECT_EQ(status_of(request), 400);
    request = request_of(example());
    request.is_http_1_1 = false;
    EXPECT_EQ(status_of(request), 400);
    request = request_of(example());
    request.has_body = true;
    EXPECT_EQ(status_of(request), 400);
}

TEST(WebSocketHandshake, lets_in_pages_of_its_own_host_and_of_listed_origins) {
    const auto from = [](std::string_view origin, const WebSocketPolicy& policy = {}) {
        return status_of(with(example(), {"Origin", origin}), policy);
    };
    EXPECT_EQ(from("http://server.example.com"), 101);
    EXPECT_EQ(from("https://SERVER.example.com"), 101);
    EXPECT_EQ(from("http://server.example.com:80"), 101);
    EXPECT_EQ(from("http://server.example.com:81"), 403);
    EXPECT_EQ(from("http://evil.example"), 403);
    EXPECT_EQ(from("http://server.example.com.evil.example"), 403);
    EXPECT_EQ(from("null"), 403);
    EXPECT_EQ(from(""), 403);
    const WebSocketPolicy listed{{"https://console.example"}, {}};
    EXPECT_EQ(from("https://console.example", listed), 101);
    EXPECT_EQ(from("http://console.example", listed), 403);
    EXPECT_EQ(from("null", {{"*"}, {}}), 101);
}

TEST(WebSocketHandshake, agrees_on_the_first_subprotocol_that_both_know) {
    const WebSocketPolicy policy{{}, {"v1", "v2"}};
    const auto chosen = [&](std::string_view wanted) {
        const auto handshake = WebSocketHandshake::of(
            request_of(with(example(), {"Sec-WebSocket-Protocol", wanted})), policy);
        return handshake ? handshake->subprotocol : "refused";
    };
    EXPECT_EQ(chosen("v3, v2,v1"), "v2");
    EXPECT_EQ(chosen("v3"), "");
    EXPECT_EQ(chosen("V1"), "");
}

}  // namespace
}  // namespace signalbox
