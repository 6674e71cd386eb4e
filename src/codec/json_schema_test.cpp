#include "codec/json_schema.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

Result<JsonSchema> compiled(std::string_view text) {
    const auto document = JsonDocument::parse(text);
    EXPECT_TRUE(document);
    return JsonSchema::compile(document->root());
}

// "" when it fits, else where and why not.
std::string judge(std::string_view schema_text, std::string_view value_text) {
    const auto schema = compiled(schema_text);
    if (!schema) return "schema: " + schema.error().field + " " + schema.error().message;
    const auto value = JsonDocument::parse(value_text);
    EXPECT_TRUE(value);
    const auto judged = schema->validate(value->root());
    return judged ? "" : judged.error().field + " " + judged.error().message;
}

TEST(JsonSchema, names_the_place_in_the_value) {
    constexpr auto schema = R"({"type":"object","required":["name"],"properties":{
        "name":{"type":"string","maxLength":5},
        "guests":{"type":"array","items":{"properties":{"mail":{"pattern":"@"}}}}}})";
    EXPECT_EQ(judge(schema, R"({"name":"Alice"})"), "");
    EXPECT_EQ(judge(schema, R"({})"), "name is required");
    EXPECT_EQ(judge(schema, R"([])"), "body is of the wrong type");
    EXPECT_EQ(judge(schema, R"({"name":"Alicia"})"), "name must have at most 5 characters");
    EXPECT_EQ(judge(schema, R"({"name":"A","guests":[{},{"mail":"nobody"}]})"),
              "guests[1].mail must match @");
}

TEST(JsonSchema, refuses_what_it_would_not_check) {
    EXPECT_EQ(judge(R"({"properties":{"a":{"$ref":"#"}}})", "{}"),
              "schema: schema.properties.a.$ref is not a keyword that is supported here");
    EXPECT_EQ(judge(R"({"format":"email"})", "{}"),
              "schema: schema.format must be uuid or date-time");
    EXPECT_EQ(judge(R"({"maxLength":-1})", "{}"),
              "schema: schema.maxLength must be a number of things");
    EXPECT_EQ(judge(R"j({"pattern":"(?=a)"})j", "{}").substr(0, 22), "schema: schema.pattern");
    EXPECT_EQ(judge(R"({"type":"text"})", "{}").substr(0, 19), "schema: schema.type");
    EXPECT_EQ(judge(R"({"type":"object","type":"array"})", "{}"),
              "schema: schema.type is given twice");
}

TEST(JsonSchema, formats_are_checked) {
    EXPECT_EQ(judge(R"({"format":"uuid"})", R"("729cc830-0c41-4a12-9c63-46a66afb06b9")"), "");
    EXPECT_EQ(judge(R"({"format":"uuid"})", R"("729cc830")"), "body must be a UUID");
    EXPECT_EQ(judge(R"({"format":"date-time"})", R"("2026-11-21T07:52:09Z")"), "");
    EXPECT_EQ(judge(R"({"format":"date-time"})", R"("soon")"), "body must be a date and time");
}

TEST(JsonSchema, deep_and_wide_ones_have_an_end) {
    std::string deep = "true";
    for (int i = 0; i < 40; ++i) deep = R"({"not":)" + deep + "}";
    EXPECT_NE(judge(deep, "1").find("is deeper than 32 schemas"), std::string::npos);
    std::string wide = R"({"anyOf":[)";
    for (int i = 0; i < 1000; ++i) wide += R"({"type":"string"},)";
    EXPECT_NE(judge(wide + "true]}", "1").find("is one of more than 1000 schemas"),
              std::string::npos);
    // Each number is compared with all those before it.
    std::string numbers = "[0";
    for (int i = 1; i < 1000; ++i) numbers += "," + std::to_string(i);
    EXPECT_EQ(judge(R"({"uniqueItems":true})", numbers + "]"), "body takes too long to check");
    // Expressions for which there is no fast way, on a long text.
    std::string slow = R"({"anyOf":[)";
    for (int i = 20; i < 420; ++i) slow += R"({"pattern":"a[ax]{)" + std::to_string(i) + "}c\"},";
    slow.back() = ']';
    std::string letters = "\"";
    for (int i = 0; i < 60'000; ++i) letters += i % 7 == 0 || i % 11 == 0 ? 'a' : 'x';
    EXPECT_EQ(judge(slow + "}", letters + "\""), "body takes too long to check");
    EXPECT_EQ(judge(R"({"pattern":"^[a-z]+$"})", letters + "\""), "");
}

TEST(JsonSchema, a_name_is_there_once) {
    const auto twice = JsonDocument::parse(R"({"a":[{"b":1,"b":2}]})");
    const auto judged = check_unique_names(twice->root());
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().field, "a[0].b");
    EXPECT_TRUE(check_unique_names(JsonDocument::parse(R"({"a":{"a":1}})")->root()));
}

}  // namespace
}  // namespace signalbox
