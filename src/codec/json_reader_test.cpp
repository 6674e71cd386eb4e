#include "codec/json_reader.h"

#include <limits>

#include <gtest/gtest.h>

#include "codec/json_writer.h"

namespace signalbox {
namespace {

using namespace std::string_literals;

JsonDocument parse(std::string_view text) {
    auto document = JsonDocument::parse(text);
    EXPECT_TRUE(document) << text;
    return std::move(*document);
}

// Keeps the document that its members look into.
struct Object {
    explicit Object(std::string_view text) : document(parse(text)) {
        auto made = JsonMembers::of(document.root());
        EXPECT_TRUE(made) << text;
        members = std::move(*made);
    }
    JsonDocument document;
    JsonMembers members;
};

template <class Value>
std::string field_at_fault(const Result<Value>& result) {
    EXPECT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
    return result.error().field;
}

TEST(JsonDocument, tells_the_kind_of_every_value) {
    const auto kind = [](std::string_view text) { return parse(text).root().kind(); };
    EXPECT_EQ(kind("null"), JsonKind::null);
    EXPECT_EQ(kind("true"), JsonKind::boolean);
    EXPECT_EQ(kind("-1"), JsonKind::number);
    EXPECT_EQ(kind("18446744073709551615"), JsonKind::number);
    EXPECT_EQ(kind("1.5e3"), JsonKind::number);
    EXPECT_EQ(kind("\"x\""), JsonKind::text);
    EXPECT_EQ(kind("[]"), JsonKind::array);
    EXPECT_EQ(kind(" {} \r\n\t"), JsonKind::object);
}

TEST(JsonDocument, reads_values_of_their_kind_only) {
    EXPECT_EQ(parse("7").root().integer(), 7);
    EXPECT_EQ(parse("7").root().text(), std::nullopt);
    EXPECT_EQ(parse("\"7\"").root().integer(), std::nullopt);
    EXPECT_EQ(parse("\"7\"").root().text(), "7");
    EXPECT_EQ(parse("true").root().boolean(), true);
    EXPECT_EQ(parse("1").root().boolean(), std::nullopt);
    EXPECT_TRUE(parse("7").root().elements().empty());
    EXPECT_TRUE(parse("[1]").root().members().empty());
    EXPECT_EQ(parse("[1, [2], {}]").root().elements().size(), 3u);
}

TEST(JsonDocument, reads_integers_that_fit_and_no_others) {
    EXPECT_EQ(parse("9223372036854775807").root().integer(), INT64_MAX);
    EXPECT_EQ(parse("-9223372036854775808").root().integer(), INT64_MIN);
    for (const char* text : {"9223372036854775808", "18446744073709551615", "2.0", "1e3", "-0.0"}) {
        EXPECT_EQ(parse(text).root().integer(), std::nullopt) << text;
    }
}

TEST(JsonDocument, decodes_escapes) {
    EXPECT_EQ(parse(R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000z")").root().text(),
              "a\"\\/\b\f\n\r\té😀\0z"s);
}

TEST(JsonDocument, refuses_what_is_not_one_json_value) {
    for (const auto& text : {""s,
                             " "s,
                             "{"s,
                             "}"s,
                             "[1,]"s,
                             "[1 2]"s,
                             "{\"a\"}"s,
                             "{\"a\":}"s,
                             "{\"a\":1,}"s,
                             "{a:1}"s,
                             "{'a':1}"s,
                             "01"s,
                             "+1"s,
                             "1."s,
                             ".5"s,
                             "1e"s,
                             "0x10"s,
                             "NaN"s,
                             "Infinity"s,
                             "nul"s,
                             "True"s,
                             "\"a"s,
                             "\"\n\""s,
                             "\"\\x\""s,
                             "\"\\u12\""s,
                             "\"\\ud800\""s,
                             "\"\\udc00\\ud800\""s,
                             "1 2"s,
                             "{} {}"s,
                             "{}x"s,
                             "// c\n1"s,
                             "\0"s,
                             "1\0"s,
                             "[1]\0[2]"s,
                             "\xef\xbb\xbf{}"s}) {
        const auto document = JsonDocument::parse(text);
        ASSERT_FALSE(document) << text;
        EXPECT_EQ(document.error().code, ErrorCode::invalid_argument) << text;
    }
}

TEST(JsonDocument, refuses_text_that_is_not_utf_8) {
    for (const char* text : {"\"\xff\"", "\"\xc3\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
                             "\"\xf4\x90\x80\x80\"", "\"\x80\"", "{\"\xfe\":1}"}) {
        EXPECT_FALSE(JsonDocument::parse(text)) << text;
    }
}

TEST(JsonDocument, refuses_numbers_that_nobody_can_hold) {
    for (const char* text :
         {"1e400", "-1e400", "18446744073709551616", "123456789012345678901234567890"}) {
        const auto document = JsonDocument::parse(text);
        ASSERT_FALSE(document) << text;
        EXPECT_EQ(document.error().code, ErrorCode::invalid_argument);
    }
}

std::string nested(size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonDocument, refuses_what_is_nested_too_deeply) {
    EXPECT_TRUE(JsonDocument::parse(nested(100)));
    EXPECT_FALSE(JsonDocument::parse(nested(200)));
    EXPECT_FALSE(JsonDocument::parse(nested(100'000)));
    EXPECT_FALSE(JsonDocument::parse(std::string(100'000, '[')));
}

TEST(JsonDocument, holds_while_others_are_parsed_and_go) {
    const auto first = parse(R"({"a": "first"})");
    {
        const auto second = parse(R"({"a": "second"})");
        EXPECT_EQ(second.root().members().at(0).second.text(), "second");
    }
    const auto large = parse('"' + std::string(3 << 20, 'x') + '"');
    EXPECT_EQ(large.root().text()->size(), size_t{3} << 20);
    EXPECT_EQ(first.root().members().at(0).second.text(), "first");
    EXPECT_FALSE(JsonDocument::parse("{"));
    EXPECT_EQ(parse("1").root().integer(), 1);
}

TEST(JsonValue, is_written_compactly_with_the_same_meaning) {
    EXPECT_EQ(parse(" { \"b\" : [ 1 , -2 , true , null , \"\\u00e9\\n\\u0001\" ] , \"a\" : {} } ")
                  .root()
                  .json(),
              R"({"b":[1,-2,true,null,"é\n\u0001"],"a":{}})");
}

TEST(JsonMembers, reads_members_by_name) {
    Object object(R"({"t": "x", "i": 5, "b": false, "o": {}, "a": [1]})");
    EXPECT_EQ(*object.members.text("t"), "x");
    EXPECT_EQ(*object.members.integer("i", 0, 5), 5);
    EXPECT_EQ(*object.members.boolean("b"), false);
    EXPECT_TRUE((*object.members.object("o"))->is_object());
    EXPECT_EQ((*object.members.array("a"))->size(), 1u);
    EXPECT_TRUE(object.members.only_known());
}

TEST(JsonMembers, takes_null_for_absent) {
    Object object(R"({"x": null})");
    EXPECT_EQ(*object.members.text("x"), std::nullopt);
    EXPECT_EQ(*object.members.integer("x", 0, 1), std::nullopt);
    EXPECT_EQ(*object.members.boolean("x"), std::nullopt);
    EXPECT_FALSE(*object.members.object("x"));
    EXPECT_FALSE(*object.members.array("x"));
    EXPECT_FALSE(object.members.value("x"));
    EXPECT_EQ(*object.members.text("y"), std::nullopt);
    EXPECT_TRUE(object.members.only_known());
}

TEST(JsonMembers, names_a_member_of_the_wrong_kind) {
    Object object(R"({"x": 1.5, "y": "1"})");
    EXPECT_EQ(field_at_fault(object.members.text("x")), "x");
    EXPECT_EQ(field_at_fault(object.members.integer("x", 0, 9)), "x");
    EXPECT_EQ(field_at_fault(object.members.integer("y", 0, 9)), "y");
    EXPECT_EQ(field_at_fault(object.members.boolean("x")), "x");
    EXPECT_EQ(field_at_fault(object.members.object("x")), "x");
    EXPECT_EQ(field_at_fault(object.members.array("x")), "x");
}

TEST(JsonMembers, says_between_what_an_integer_must_be) {
    Object object(R"({"x": 10})");
    const auto result = object.members.integer("x", -1, 9);
    EXPECT_EQ(field_at_fault(result), "x");
    EXPECT_EQ(result.error().message, "must be an integer between -1 and 9");
}

TEST(JsonMembers, names_the_first_member_that_nobody_asked_for) {
    Object object(R"({"a": 1, "b": 2, "c": null})");
    object.members.value("a");
    EXPECT_EQ(field_at_fault(object.members.only_known()), "b");
    object.members.value("b");
    EXPECT_EQ(field_at_fault(object.members.only_known()), "c");
}

TEST(JsonMembers, refuses_a_name_given_twice) {
    const auto document = parse(R"({"a": 1, "b": 2, "a": 1})");
    EXPECT_EQ(field_at_fault(JsonMembers::of(document.root())), "a");
    // The same name in other letters is the same name.
    const auto escaped = parse(R"({"a": 1, "\u0061": 2})");
    EXPECT_EQ(field_at_fault(JsonMembers::of(escaped.root())), "a");
}

TEST(JsonMembers, puts_the_prefix_in_front_of_the_names) {
    const auto document = parse(R"([{"id": 1}, 2])");
    const auto elements = document.root().elements();
    auto first = JsonMembers::of(elements[0], "resources[0].");
    ASSERT_TRUE(first);
    EXPECT_EQ(field_at_fault(first->text("id")), "resources[0].id");
    EXPECT_EQ(field_at_fault(JsonMembers::of(elements[1], "resources[1].")), "resources[1]");
    EXPECT_EQ(field_at_fault(JsonMembers::of(elements[1])), "body");
}

TEST(JsonMembers, refuses_an_object_of_very_many_members) {
    std::string text;
    JsonWriter json(text);
    json.begin_object();
    for (int i = 0; i < 300; ++i) json.member(std::to_string(i), i);
    json.end_object();
    const auto document = parse(text);
    EXPECT_EQ(field_at_fault(JsonMembers::of(document.root())), "body");
}

}  // namespace
}  // namespace signalbox
