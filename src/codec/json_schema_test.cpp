#include "codec/json_schema.h"

#include <functional>

#include <fmt/format.h>
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

TEST(JsonSchema, a_date_and_time_is_whole) {
    const auto is_good = [](const std::string& text) {
        return judge(R"({"format":"date-time"})", "\"" + text + "\"").empty();
    };
    for (const auto* good :
         {"2026-11-21T07:52:09.123456Z", "2026-11-21t07:52:09z", "2026-11-21T07:52:09+01:00",
          "2024-02-29T00:00:00Z", "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.5-08:00"}) {
        EXPECT_TRUE(is_good(good)) << good;
    }
    for (const auto* bad :
         {"3000", "2026-11-21", "2026-11-21T07:52:09", "2026-11-21T07:52Z", "2026-02-29T00:00:00Z",
          "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T07:60:00Z",
          "2026-11-21T07:52:60Z", "2026-11-21 07:52:09Z", "2026-11-21T07:52:09.Z",
          "2026-11-21T07:52:09+0100", "2026-11-21T07:52:09+24:00", "1761033129", ""}) {
        EXPECT_FALSE(is_good(bad)) << bad;
    }
}

TEST(JsonSchema, numbers_are_what_they_say) {
    // Two integers that the nearest double does not tell apart.
    constexpr auto odd = "9007199254740993";
    constexpr auto even = "9007199254740992";
    EXPECT_EQ(judge(R"({"multipleOf":2})", odd), "body must be a multiple of 2");
    EXPECT_EQ(judge(R"({"multipleOf":2})", even), "");
    EXPECT_EQ(judge(R"({"multipleOf":2.0})", odd), "body must be a multiple of 2.0");
    EXPECT_EQ(judge(R"({"exclusiveMaximum":9007199254740993})", even), "");
    EXPECT_EQ(judge(R"({"exclusiveMinimum":9007199254740992})", odd), "");
    EXPECT_EQ(judge(R"({"maximum":9007199254740992})", odd),
              "body must be at most 9007199254740992");
    EXPECT_EQ(judge(R"({"maximum":9007199254740992.0})", odd).substr(0, 15), "body must be at");
    EXPECT_EQ(judge(R"({"minimum":-9007199254740992})", "-9007199254740993").substr(0, 15),
              "body must be at");
    EXPECT_EQ(judge(R"({"minimum":18446744073709551615})", "18446744073709551614").substr(0, 15),
              "body must be at");
    EXPECT_EQ(judge(R"({"maximum":18446744073709551615})", "9223372036854775807"), "");
    EXPECT_EQ(judge(R"({"const":18446744073709551615})", "18446744073709551614").substr(0, 12),
              "body must be");
    EXPECT_EQ(judge(R"({"const":2})", "2.0"), "");
    EXPECT_EQ(judge(R"({"uniqueItems":true})", "[9007199254740992,9007199254740993]"), "");
    // Between integers and fractions, and beyond integers.
    EXPECT_EQ(judge(R"({"minimum":-1.5})", "-1"), "");
    EXPECT_EQ(judge(R"({"minimum":-1.5})", "-2"), "body must be at least -1.5");
    EXPECT_EQ(judge(R"({"maximum":1.5})", "2"), "body must be at most 1.5");
    EXPECT_EQ(judge(R"({"maximum":1e300})", "18446744073709551615"), "");
    EXPECT_EQ(judge(R"({"minimum":-1e300})", "-9223372036854775808"), "");
    EXPECT_EQ(judge(R"({"maximum":0})", "-0.0"), "");
    EXPECT_EQ(judge(R"({"minimum":0})", "-0.0"), "");
    EXPECT_EQ(judge(R"({"multipleOf":0.01})", "19.99"), "");
    EXPECT_EQ(judge(R"({"multipleOf":0.01})", "19.995"), "body must be a multiple of 0.01");
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
    for (int i = 380; i < 420; ++i) slow += R"({"pattern":"a[ax]{)" + std::to_string(i) + "}c\"},";
    slow.back() = ']';
    std::string letters = "\"";
    for (int i = 0; i < 60'000; ++i) letters += i % 7 == 0 || i % 11 == 0 ? 'a' : 'x';
    EXPECT_EQ(judge(slow + "}", letters + "\""), "body takes too long to check");
    EXPECT_EQ(judge(R"({"pattern":"^[a-z]+$"})", letters + "\""), "");
}

TEST(JsonSchema, regular_expressions_have_an_end_each_and_together) {
    EXPECT_EQ(judge(R"({"pattern":"^.{0,255}$"})", R"("x")"), "");
    EXPECT_NE(judge(R"({"pattern":"^(.{1000}){1}.{1000}$"})", R"("x")").find("too large"),
              std::string::npos);
    std::string many = R"({"anyOf":[)";
    for (int i = 0; i < 80; ++i) many += R"({"pattern":"^.{255}$"},)";
    many.back() = ']';
    EXPECT_NE(judge(many + "}", R"("x")").find("is too large together"), std::string::npos);
    std::string small = R"({"anyOf":[)";
    for (int i = 0; i < 500; ++i) small += R"({"pattern":"^[a-z]+@[a-z]+$"},)";
    small.back() = ']';
    EXPECT_EQ(judge(small + "}", R"("a@b")"), "");
}

// "{"k0":0,...}", and with `last` of the last member.
std::string wide_object(int members, const std::string& last) {
    std::string out = "{";
    for (int i = 0; i + 1 < members; ++i) out += fmt::format(R"("k{}":0,)", i);
    return out + R"("last":)" + last + "}";
}

std::string list_of(int count, const std::function<std::string(int)>& element) {
    std::string out;
    for (int i = 0; i < count; ++i) out += (i == 0 ? "[" : ",") + element(i);
    return out + "]";
}

TEST(JsonSchema, comparisons_of_what_is_within_values_have_an_end) {
    const auto objects = list_of(100, [](int i) { return wide_object(30, std::to_string(i)); });
    EXPECT_EQ(judge(R"({"uniqueItems":true})", objects), "body takes too long to check");
    const auto lists = list_of(100, [](int i) {
        return list_of(30, [i](int j) { return j < 29 ? "0" : std::to_string(i); });
    });
    EXPECT_EQ(judge(R"({"uniqueItems":true})", lists), "body takes too long to check");
    const auto schema = R"({"items":{"enum":)" +
                        list_of(40, [](int i) { return wide_object(40, std::to_string(i)); }) +
                        "}}";
    const auto others = list_of(100, [](int) { return wide_object(40, "39"); });
    EXPECT_EQ(judge(schema, others), "body takes too long to check");
    EXPECT_EQ(judge(schema, list_of(40, [](int i) { return wide_object(40, std::to_string(i)); })),
              "");
    // The order of names is nobody's.
    EXPECT_EQ(judge(R"({"const":{"a":1,"b":[{"d":2,"c":3}]}})", R"({"b":[{"c":3,"d":2}],"a":1})"),
              "");
    EXPECT_EQ(judge(R"({"const":{"a":1}})", R"({"b":1})"), R"(body must be {"a":1})");
}

TEST(JsonSchema, names_that_must_be_there_have_an_end) {
    const auto names = list_of(1000, [](int i) { return fmt::format("\"k{}\"", i); });
    const auto value = wide_object(1001, "0");
    const auto every = [&](int times, const std::string& schema) {
        return R"({"allOf":)" + list_of(times, [&](int) { return schema; }) + "}";
    };
    const auto required = R"({"required":)" + names + "}";
    EXPECT_EQ(judge(required, value), "");
    EXPECT_EQ(judge(every(200, required), value), "body takes too long to check");
    const auto dependent = R"({"dependentRequired":{"k0":)" + names + "}}";
    EXPECT_EQ(judge(dependent, value), "");
    EXPECT_EQ(judge(every(200, dependent), value), "body takes too long to check");
    // Of an object, each look costs as much as it has members.
    EXPECT_EQ(judge(every(200, R"({"minProperties":1})"), value), "body takes too long to check");
}

TEST(JsonSchema, words_about_a_value_are_short) {
    const std::string text = "\"" + std::string(50'000, 'x') + "\"";
    EXPECT_EQ(judge(R"({"const":)" + text + "}", "1"), "body is not the value that it must be");
    const std::string pattern = "\"" + std::string(2000, 'x') + "\"";
    EXPECT_EQ(judge(R"({"pattern":)" + pattern + "}", R"("y")"), "body does not match the pattern");
}

TEST(JsonSchema, a_name_is_there_once) {
    const auto twice = JsonDocument::parse(R"({"a":[{"b":1,"b":2}]})");
    const auto judged = check_unique_names(twice->root());
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().field, "a[0].b");
    EXPECT_TRUE(check_unique_names(JsonDocument::parse(R"({"a":{"a":1}})")->root()));
    const auto in_list = JsonDocument::parse(R"([1,{"a":{"b":1,"b":2}}])");
    EXPECT_EQ(check_unique_names(in_list->root()).error().field, "body[1].a.b");
}

// Its name would be copied for each of its elements.
TEST(JsonSchema, a_long_name_of_a_long_list_is_cheap) {
    std::string text = "{\"" + std::string(500'000, 'n') + "\":[1";
    for (int i = 0; i < 250'000; ++i) text += ",1";
    text += "]}";
    EXPECT_TRUE(check_unique_names(JsonDocument::parse(text)->root()));
    EXPECT_EQ(judge(R"({"additionalProperties":{"items":{"type":"integer"}}})", text),
              "body takes too long to check");
}

}  // namespace
}  // namespace signalbox
