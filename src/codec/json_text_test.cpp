#include "codec/json_text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signalbox {
namespace {

std::vector<std::string> members_of(std::string_view text) {
    std::vector<std::string> members;
    JsonTextReader reader(text);
    EXPECT_EQ(reader.kind(), JsonKind::object);
    reader.enter();
    while (const auto name = reader.next_member()) {
        std::string member(*name);
        member += "=";
        member += reader.take();
        members.push_back(std::move(member));
    }
    return members;
}

TEST(JsonText, gives_values_as_they_are_written) {
    EXPECT_EQ(members_of(R"( { "a" : 1.50 ,"b":{ "x":[1, 2] },"c":"}\"," , "d":null } )"),
              (std::vector<std::string>{"a=1.50", R"(b={ "x":[1, 2] })", R"(c="}\",")", "d=null"}));
    EXPECT_EQ(members_of("{}"), (std::vector<std::string>{}));
    EXPECT_EQ(members_of(R"({"":""})"), (std::vector<std::string>{"=\"\""}));
}

TEST(JsonText, knows_where_a_string_ends) {
    EXPECT_EQ(members_of(R"({"a":"\\","b":"\\\"","c":"\\\\"})"),
              (std::vector<std::string>{R"(a="\\")", R"(b="\\\"")", R"(c="\\\\")"}));
}

TEST(JsonText, goes_through_elements) {
    JsonTextReader reader(R"([1,[],{"a":[]} , "x",true])");
    EXPECT_EQ(reader.kind(), JsonKind::array);
    reader.enter();
    std::vector<std::string> elements;
    std::vector<JsonKind> kinds;
    while (reader.next_element()) {
        kinds.push_back(reader.kind());
        elements.emplace_back(reader.take());
    }
    EXPECT_EQ(elements, (std::vector<std::string>{"1", "[]", R"({"a":[]})", R"("x")", "true"}));
    EXPECT_EQ(kinds, (std::vector<JsonKind>{JsonKind::number, JsonKind::array, JsonKind::object,
                                            JsonKind::text, JsonKind::boolean}));
}

TEST(JsonText, goes_into_what_is_nested) {
    JsonTextReader reader(R"({"messages":[{"body":1},{"body":2}],"more":3})");
    reader.enter();
    ASSERT_EQ(reader.next_member(), "messages");
    reader.enter();
    std::string bodies;
    while (reader.next_element()) {
        reader.enter();
        while (reader.next_member()) bodies += reader.take();
    }
    EXPECT_EQ(bodies, "12");
    EXPECT_EQ(reader.next_member(), "more");
    EXPECT_EQ(reader.take(), "3");
    EXPECT_FALSE(reader.next_member());
}

TEST(JsonText, finds_integers_that_do_not_fit) {
    const auto is_large = [](std::string_view text) {
        JsonTextReader reader(text);
        reader.take();
        return reader.has_large_integer();
    };
    EXPECT_FALSE(is_large("[9223372036854775807,-9223372036854775808]"));
    EXPECT_TRUE(is_large("9223372036854775808"));
    EXPECT_TRUE(is_large(R"({"a":[1,{"b":-9223372036854775809}]})"));
    EXPECT_FALSE(is_large(R"(["9223372036854775808",0.12345678901234567890,1e30])"));
}

TEST(JsonText, reads_names_with_escapes) {
    EXPECT_TRUE(is_json_name("body", "body"));
    EXPECT_TRUE(is_json_name(R"(\u0062ody)", "body"));
    EXPECT_FALSE(is_json_name("bodY", "body"));
    EXPECT_FALSE(is_json_name(R"(\u0063ody)", "body"));
}

// What is not valid is nobody's business, but nothing may be read beyond it.
TEST(JsonText, stays_within_a_text_that_is_cut) {
    const std::string whole = R"({"a":[1,{"b":"c\""}],"d":-5})";
    for (size_t length = 0; length <= whole.size(); ++length) {
        const std::string cut = whole.substr(0, length);
        JsonTextReader reader(cut);
        reader.enter();
        for (int i = 0; i < 10 && reader.next_member(); ++i) {
            EXPECT_LE(reader.take().size(), cut.size());
        }
    }
}

}  // namespace
}  // namespace signalbox
