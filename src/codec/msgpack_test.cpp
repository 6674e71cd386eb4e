#include "codec/msgpack.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string made;
    for (const int value : values) made += static_cast<char>(value);
    return made;
}

std::string json_of(const std::string& msgpack, const MsgpackLimits& limits = {}) {
    const auto json = msgpack_to_json(msgpack, limits);
    return json ? *json : json.error().message;
}

std::string msgpack_of(const std::string& json, const MsgpackLimits& limits = {}) {
    const auto made = json_to_msgpack(json, limits);
    return made ? *made : made.error().message;
}

TEST(MsgpackToJson, knows_every_kind_that_json_has) {
    EXPECT_EQ(json_of(bytes({0xc0})), "null");
    EXPECT_EQ(json_of(bytes({0xc2})), "false");
    EXPECT_EQ(json_of(bytes({0xc3})), "true");
    EXPECT_EQ(json_of(bytes({0x7f})), "127");
    EXPECT_EQ(json_of(bytes({0xe0})), "-32");
    EXPECT_EQ(json_of(bytes({0xcd, 0xff, 0xff})), "65535");
    EXPECT_EQ(json_of(bytes({0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})),
              "18446744073709551615");
    EXPECT_EQ(json_of(bytes({0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0})), "-9223372036854775808");
    EXPECT_EQ(json_of(bytes({0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0})), "1.5");
    EXPECT_EQ(json_of(bytes({0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0})), "1.0");
    EXPECT_EQ(json_of(bytes({0xca, 0x3f, 0xc0, 0, 0})), "1.5");
    EXPECT_EQ(json_of(bytes({0xa2}) + "\"\n"), R"("\"\n")");
    EXPECT_EQ(json_of(bytes({0xd9, 2}) + "hi"), R"("hi")");
    EXPECT_EQ(json_of(bytes({0x90})), "[]");
    EXPECT_EQ(json_of(bytes({0x80})), "{}");
    EXPECT_EQ(json_of(bytes({0x82, 0xa1, 'b', 0x92, 1, 0xa1, '"', 0xa1, 'a', 0x81, 0xa1, '"', 2})),
              R"({"b":[1,"\""],"a":{"\"":2}})");
}

TEST(MsgpackToJson, refuses_what_json_has_no_form_for) {
    EXPECT_EQ(json_of(bytes({0xc4, 1, 0})), "has binary data, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0x91, 0xc5, 0, 1, 0})), "has binary data, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0xd4, 1, 0})), "has binary data, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0xca, 0x7f, 0x80, 0, 0})),
              "has a number that is not finite, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0})),
              "has a number that is not finite, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0x81, 1, 2})),
              "has a key that is not text, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0x81, 0xc4, 1, 'a', 2})),
              "has a key that is not text, for which JSON has no form");
    EXPECT_EQ(json_of(bytes({0xa1, 0xff})), "has text that is not UTF-8");
    EXPECT_EQ(json_of(bytes({0x81, 0xa1, 0xff, 1})), "has a key that is not UTF-8");
}

TEST(MsgpackToJson, takes_exactly_one_value) {
    EXPECT_EQ(json_of(""), "is not one MessagePack value");
    EXPECT_EQ(json_of(bytes({1, 2})), "is not one MessagePack value");
    EXPECT_EQ(json_of(bytes({0xc1})), "is not one MessagePack value");
    EXPECT_EQ(json_of(bytes({0x92, 1})), "is not one MessagePack value");
    EXPECT_EQ(json_of(bytes({0xa5}) + "cut"), "is not one MessagePack value");
    EXPECT_EQ(json_of(bytes({0xdb, 0xff, 0xff, 0xff, 0xff}) + "cut"),
              "is not one MessagePack value");
    EXPECT_EQ(json_of(bytes({0xdd, 0xff, 0xff, 0xff, 0xff})), "is not one MessagePack value");
}

TEST(MsgpackToJson, has_limits) {
    const auto nested = [](size_t depth) { return std::string(depth, '\x91') + "\1"; };
    EXPECT_EQ(json_of(nested(64)), std::string(64, '[') + "1" + std::string(64, ']'));
    EXPECT_EQ(json_of(nested(65)), "is nested too deeply");
    EXPECT_EQ(json_of(std::string(10'000'000, '\x91')), "is nested too deeply");
    // Six bytes of JSON for one of MessagePack.
    const std::string controls = bytes({0xd9, 200}) + std::string(200, '\1');
    EXPECT_EQ(json_of(controls).size(), 1202U);
    EXPECT_EQ(json_of(controls, {64, 1201}), "is too large as JSON");
}

TEST(JsonToMsgpack, uses_the_smallest_forms_and_keeps_the_order) {
    EXPECT_EQ(
        msgpack_of(R"({"b":[1,-1,300,true,null],"a":"x"})"),
        bytes({0x82, 0xa1, 'b', 0x95, 1, 0xff, 0xcd, 1, 44, 0xc3, 0xc0, 0xa1, 'a', 0xa1, 'x'}));
    EXPECT_EQ(msgpack_of("-9223372036854775808"), bytes({0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(json_of(msgpack_of("1.1")), "1.1");
}

TEST(JsonToMsgpack, refuses_what_is_no_json_and_has_limits) {
    EXPECT_EQ(msgpack_of("{"), "is not one JSON value");
    EXPECT_EQ(msgpack_of("1 2"), "is not one JSON value");
    EXPECT_EQ(msgpack_of("\"\xff\""), "is not one JSON value");
    EXPECT_EQ(msgpack_of(std::string(65, '[') + std::string(65, ']')), "is nested too deeply");
    EXPECT_EQ(msgpack_of("\"" + std::string(70, '[') + "\\\"[\""),
              bytes({0xd9, 72}) + std::string(70, '[') + "\"[");
    EXPECT_EQ(msgpack_of("[1,2,3]", {64, 6}), "is too large as JSON");
}

}  // namespace
}  // namespace signalbox
