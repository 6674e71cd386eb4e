#include "codec/json_merge.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

std::string merged(std::string_view target, std::string_view patch) {
    const auto before = JsonDocument::parse(target);
    const auto change = JsonDocument::parse(patch);
    EXPECT_TRUE(before && change);
    return json_merge_patch(before->root(), change->root());
}

TEST(JsonMerge, does_what_the_examples_of_the_standard_say) {
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":null})"), "{}");
    EXPECT_EQ(merged(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
    EXPECT_EQ(merged(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"c"})", R"({"a":["b"]})"), R"({"a":["b"]})");
    EXPECT_EQ(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
    EXPECT_EQ(merged(R"({"a":[{"b":"c"}]})", R"({"a":[1]})"), R"({"a":[1]})");
    EXPECT_EQ(merged(R"(["a","b"])", R"(["c","d"])"), R"(["c","d"])");
    EXPECT_EQ(merged(R"({"a":"b"})", R"(["c"])"), R"(["c"])");
    EXPECT_EQ(merged(R"({"a":"foo"})", "null"), "null");
    EXPECT_EQ(merged(R"({"a":"foo"})", R"("bar")"), R"("bar")");
    EXPECT_EQ(merged(R"({"e":null})", R"({"a":1})"), R"({"e":null,"a":1})");
    EXPECT_EQ(merged(R"([1,2])", R"({"a":"b","c":null})"), R"({"a":"b"})");
    EXPECT_EQ(merged("{}", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

TEST(JsonMerge, keeps_the_order_and_puts_what_is_new_last) {
    EXPECT_EQ(merged(R"({"z":1,"y":{"q":1,"p":2},"x":3})", R"({"w":4,"y":{"o":5,"p":6},"a":7})"),
              R"({"z":1,"y":{"q":1,"p":6,"o":5},"x":3,"w":4,"a":7})");
    // As it was, whatever a number of another kind would have made of it.
    EXPECT_EQ(merged(R"({"n":18446744073709551615})", "{}"), R"({"n":18446744073709551615})");
}

}  // namespace
}  // namespace signalbox
