#include "codec/python_json.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

std::string python(std::string_view json) {
    const auto document = JsonDocument::parse(json);
    if (!document) return "not JSON: " + document.error().message;
    std::string out;
    append_python_json(out, document->root());
    return out;
}

// What is expected was written by json.dumps(json.loads(text)).
TEST(PythonJson, has_spaces_between_what_it_lists) {
    EXPECT_EQ(python("{}"), "{}");
    EXPECT_EQ(python("[]"), "[]");
    EXPECT_EQ(python(R"([1,2, {"a" : null}])"), R"([1, 2, {"a": null}])");
    EXPECT_EQ(python(R"([true,false,null,"",[[]]])"), R"([true, false, null, "", [[]]])");
    EXPECT_EQ(python("\n7\n"), "7");
}

TEST(PythonJson, is_ascii) {
    EXPECT_EQ(python(R"("é€😀\u0041\ud83d\ude00\u007f\u0000\/ \" \\ \b\f\n\r\t")"),
              R"("\u00e9\u20ac\ud83d\ude00A\ud83d\ude00\u007f\u0000/ \" \\ \b\f\n\r\t")");
    EXPECT_EQ(python(R"({"":{"\n":"\u2028"}})"), R"({"": {"\n": "\u2028"}})");
}

TEST(PythonJson, has_the_last_of_members_with_one_name) {
    EXPECT_EQ(python(R"({"a":1,"b":2,"a":{"c":3}})"), R"({"a": {"c": 3}, "b": 2})");
    EXPECT_EQ(python(R"({"a":1,"a":2,"\u0061":3})"), R"({"a": 3})");
}

TEST(PythonJson, keeps_whole_numbers) {
    EXPECT_EQ(python("[-9223372036854775808,9223372036854775807,18446744073709551615,-0,0]"),
              "[-9223372036854775808, 9223372036854775807, 18446744073709551615, 0, 0]");
}

TEST(PythonJson, shows_other_numbers_as_repr_does) {
    EXPECT_EQ(python("[1.50,1e5,1E+2,1e16,1e15,123456789012345680.0,1e22]"),
              "[1.5, 100000.0, 100.0, 1e+16, 1000000000000000.0, 1.2345678901234568e+17, 1e+22]");
    EXPECT_EQ(python("[1e-4,1e-5,0.00012345,-0.0,0.1,2.5,100.0,1e100,123456.789e3]"),
              "[0.0001, 1e-05, 0.00012345, -0.0, 0.1, 2.5, 100.0, 1e+100, 123456789.0]");
    EXPECT_EQ(python("[1.7976931348623157e308,5e-324,9007199254740993.0,-1.25e-7]"),
              "[1.7976931348623157e+308, 5e-324, 9007199254740992.0, -1.25e-07]");
}

}  // namespace
}  // namespace signalbox
