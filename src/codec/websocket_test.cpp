#include "codec/websocket.h"

#include <gtest/gtest.h>

#include "codec/url.h"

namespace signalbox {
namespace {

constexpr uint8_t fin = 0x80;
constexpr uint8_t continuation = 0x0;
constexpr uint8_t text = 0x1;
constexpr uint8_t binary = 0x2;
constexpr uint8_t close = 0x8;
constexpr uint8_t ping = 0x9;
constexpr uint8_t pong = 0xa;

// A frame as a client sends it; written here anew, so that the codec is not tested against itself.
std::string client_frame(uint8_t first, std::string payload, bool is_masked = true) {
    const std::string mask = "\x12\x34\x56\x78";
    std::string frame(1, static_cast<char>(first));
    const char masked = is_masked ? '\x80' : '\0';
    if (payload.size() < 126) {
        frame += static_cast<char>(masked | static_cast<char>(payload.size()));
    } else if (payload.size() < 65536) {
        frame += static_cast<char>(masked | 126);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size() & 0xff);
    } else {
        frame += static_cast<char>(masked | 127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame += static_cast<char>((payload.size() >> shift) & 0xff);
        }
    }
    if (is_masked) {
        frame += mask;
        for (size_t i = 0; i < payload.size(); ++i) {
            payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
        }
    }
    return frame + payload;
}

std::string code_bytes(int code) {
    return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

// What the server answers to a broken rule.
std::string closing(int code) {
    return "\x88\x02" + code_bytes(code);
}

class Decoder : public testing::Test {
protected:
    std::optional<WebSocketMessage> next() { return decoder.take(); }
    // Nothing but the close frame with this code comes of it.
    void expect_closed(const std::string& bytes, uint16_t code) {
        WebSocketDecoder fresh(1000);
        fresh.feed(bytes);
        EXPECT_TRUE(fresh.is_closed());
        EXPECT_EQ(fresh.close_code(), code);
        EXPECT_EQ(fresh.take_replies(), closing(code));
        EXPECT_FALSE(fresh.take());
    }

    WebSocketDecoder decoder{1000};
};

TEST_F(Decoder, whole_messages_come_in_their_order) {
    decoder.feed(client_frame(fin | text, "hello") + client_frame(fin | binary, {"\0\1\2", 3}) +
                 client_frame(fin | text, ""));
    const auto first = next();
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->is_binary);
    EXPECT_EQ(first->payload, "hello");
    const auto second = next();
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->is_binary);
    EXPECT_EQ(second->payload, std::string("\0\1\2", 3));
    const auto third = next();
    ASSERT_TRUE(third);
    EXPECT_EQ(third->payload, "");
    EXPECT_FALSE(next());
    EXPECT_EQ(decoder.take_replies(), "");
    EXPECT_FALSE(decoder.is_closed());
}

TEST_F(Decoder, bytes_may_come_one_by_one) {
    const std::string euros = "\xe2\x82\xac\xe2\x82\xac";
    for (const char c : client_frame(text, euros.substr(0, 2)) + client_frame(fin | ping, "x") +
                            client_frame(fin | continuation, euros.substr(2))) {
        EXPECT_FALSE(next());
        decoder.feed({&c, 1});
    }
    const auto message = next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->payload, euros);
    EXPECT_EQ(decoder.take_replies(), "\x8a\x01x");
}

TEST_F(Decoder, each_form_of_a_length_is_understood) {
    for (const size_t size : {125U, 126U, 65535U, 65536U, 100000U}) {
        WebSocketDecoder large(200000);
        large.feed(client_frame(fin | binary, std::string(size, 'x')));
        const auto message = large.take();
        ASSERT_TRUE(message) << size;
        EXPECT_EQ(message->payload.size(), size);
    }
}

TEST_F(Decoder, pings_are_answered_and_pongs_are_not) {
    decoder.feed(client_frame(fin | ping, "") + client_frame(fin | pong, "unasked") +
                 client_frame(fin | ping, std::string(125, 'p')));
    EXPECT_EQ(decoder.take_replies(), std::string("\x8a\x00\x8a\x7d", 4) + std::string(125, 'p'));
    EXPECT_FALSE(next());
    EXPECT_FALSE(decoder.is_closed());
}

TEST_F(Decoder, a_goodbye_is_returned) {
    decoder.feed(client_frame(fin | text, "last") +
                 client_frame(fin | close, code_bytes(1000) + "bye") + "whatever");
    EXPECT_TRUE(decoder.is_closed());
    EXPECT_EQ(decoder.close_code(), 1000);
    EXPECT_EQ(decoder.take_replies(), "\x88\x05" + code_bytes(1000) + "bye");
    const auto message = next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->payload, "last");
}

TEST_F(Decoder, a_goodbye_may_have_no_code) {
    decoder.feed(client_frame(fin | close, ""));
    EXPECT_TRUE(decoder.is_closed());
    EXPECT_EQ(decoder.close_code(), 1005);
    EXPECT_EQ(decoder.take_replies(), std::string("\x88\x00", 2));
}

TEST_F(Decoder, frames_that_are_not_masked_break_a_rule) {
    expect_closed(client_frame(fin | text, "hello", false), 1002);
}

TEST_F(Decoder, frames_that_are_wrong_in_themselves_break_a_rule) {
    expect_closed(client_frame(fin | continuation, "of nothing"), 1002);
    expect_closed(client_frame(text, "a") + client_frame(fin | text, "b"), 1002);
    expect_closed(client_frame(fin | 0x40 | text, "reserved bit"), 1002);
    expect_closed(client_frame(fin | 0x3, "unknown opcode"), 1002);
    expect_closed(client_frame(fin | 0xb, "unknown control opcode"), 1002);
    expect_closed(client_frame(ping, "fragmented control frame"), 1002);
    expect_closed(client_frame(fin | ping, std::string(126, 'p')), 1002);
    expect_closed(client_frame(fin | close, "x"), 1002);
    // Lengths in a longer form than they need, and one that is negative.
    expect_closed(std::string("\x81\xfe\x00\x05mask", 8), 1002);
    expect_closed(std::string("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x05mask", 14), 1002);
    expect_closed(std::string("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00mask", 14), 1002);
}

TEST_F(Decoder, close_codes_that_nobody_may_send_break_a_rule) {
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535}) {
        expect_closed(client_frame(fin | close, code_bytes(code)), 1002);
    }
    for (const int code : {1000, 1001, 1003, 1011, 3000, 4003, 4999}) {
        WebSocketDecoder fresh(1000);
        fresh.feed(client_frame(fin | close, code_bytes(code)));
        EXPECT_EQ(fresh.close_code(), code);
        EXPECT_EQ(fresh.take_replies(), closing(code));
    }
}

TEST_F(Decoder, text_must_be_utf8) {
    expect_closed(client_frame(fin | text, "\xc0\x80"), 1007);
    expect_closed(client_frame(fin | text, "\xed\xa0\x80"), 1007);  // a surrogate
    expect_closed(client_frame(fin | text, "\xf4\x90\x80\x80"), 1007);
    expect_closed(client_frame(fin | text, "cut \xe2\x82"), 1007);
    expect_closed(client_frame(fin | close, code_bytes(1000) + "\xff"), 1007);
    WebSocketDecoder slow(1000);
    for (const char c : client_frame(fin | close, code_bytes(1000) + "\xff")) slow.feed({&c, 1});
    EXPECT_EQ(slow.close_code(), 1007);
    EXPECT_EQ(slow.take_replies(), closing(1007));
    // It is told at once, not at the end of the message.
    expect_closed(client_frame(text, "\xff"), 1007);
    decoder.feed(client_frame(fin | binary, "\xff"));
    EXPECT_TRUE(next());
}

TEST_F(Decoder, a_message_has_a_limit_however_it_is_cut) {
    decoder.feed(client_frame(fin | binary, std::string(1000, 'x')));
    EXPECT_TRUE(next());
    expect_closed(client_frame(fin | binary, std::string(1001, 'x')), 1009);
    // Its head and one byte are enough to know.
    expect_closed(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmaskx", 15), 1009);
    std::string pieces = client_frame(binary, "x");
    for (int i = 0; i < 999; ++i) pieces += client_frame(continuation, "x");
    expect_closed(pieces + client_frame(fin | continuation, "x"), 1009);
}

TEST(WebSocketFrames, are_not_masked_and_as_short_as_they_can_be) {
    EXPECT_EQ(*websocket_text("hi"), "\x81\x02hi");
    EXPECT_EQ(*websocket_binary(std::string(126, 'x')),
              std::string("\x82\x7e\x00\x7e", 4) + std::string(126, 'x'));
    EXPECT_EQ(websocket_text(std::string(65536, 'x'))->substr(0, 10),
              std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
    EXPECT_EQ(*websocket_ping(), std::string("\x89\x00", 2));
}

TEST(WebSocketFrames, a_long_reason_is_cut_between_characters) {
    EXPECT_EQ(*websocket_close_frame(1001, "bye"), "\x88\x05" + code_bytes(1001) + "bye");
    for (const size_t front : {120U, 121U, 122U, 123U, 124U}) {
        const auto made = *websocket_close_frame(4003, std::string(front, 'x') + "\xe2\x82\xac...");
        EXPECT_LE(made.size(), 127U);
        EXPECT_GE(made.size(), 124U);
        EXPECT_TRUE(is_valid_utf8(std::string_view(made).substr(4)));
    }
}

}  // namespace
}  // namespace signalbox
