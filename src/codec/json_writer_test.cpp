#include "codec/json_writer.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "codec/json_reader.h"
#include "codec/url.h"

namespace signalbox {
namespace {

using namespace std::string_literals;

TEST(JsonWriter, puts_the_commas_where_they_belong) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.member("a", 1);
    json.key("b");
    json.begin_array();
    json.value("x");
    json.begin_object();
    json.end_object();
    json.begin_array();
    json.end_array();
    json.null();
    json.end_array();
    json.member("c", true);
    json.key("d");
    json.raw("{\"raw\":[1]}");
    json.member("e", "end"s);
    json.end_object();
    EXPECT_EQ(out, R"({"a":1,"b":["x",{},[],null],"c":true,"d":{"raw":[1]},"e":"end"})");
}

TEST(JsonWriter, writes_the_whole_range_of_integers) {
    std::string out;
    JsonWriter json(out);
    json.begin_array();
    json.value(std::numeric_limits<int64_t>::min());
    json.value(std::numeric_limits<uint64_t>::max());
    json.value(uint8_t{7});
    json.value(false);
    json.end_array();
    EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615,7,false]");
}

TEST(JsonString, escapes_what_json_requires_and_nothing_else) {
    std::string out;
    append_json_string(out, "\"\\/\b\f\n\r\t\x01\x1f\x7f é😀\0."s);
    EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f é😀\\u0000.\"");
}

TEST(JsonString, escapes_a_character_wherever_it_stands) {
    for (int code = 0; code < 128; ++code) {
        std::string alone;
        append_json_string(alone, std::string(1, static_cast<char>(code)));
        const auto escaped = alone.substr(1, alone.size() - 2);
        for (size_t at = 0; at < 20; ++at) {
            // Neighbours on either side of what must be escaped, and what is no ASCII.
            for (const char other : {' ', '!', '#', '[', ']', '\x7f', '\xff'}) {
                std::string text(20, other);
                text[at] = static_cast<char>(code);
                std::string out;
                append_json_string(out, text);
                const std::string before(at, other);
                const std::string behind(19 - at, other);
                EXPECT_EQ(out, '"' + before + escaped + behind + '"') << code << " at " << at;
            }
        }
    }
}

RC_GTEST_PROP(JsonString, is_read_back, (const std::vector<uint32_t>& codes)) {
    // Any text of ASCII and beyond that is valid UTF-8.
    std::string text;
    for (const uint32_t code : codes) {
        if (code % 3 == 0) {
            text += static_cast<char>(code % 128);
        } else if (code % 3 == 1) {
            text += static_cast<char>(0xc4 + code % 8);
            text += static_cast<char>(0x80 + code % 64);
        } else {
            text += "\xf0\x9f\x98";
            text += static_cast<char>(0x80 + code % 64);
        }
    }
    RC_ASSERT(is_valid_utf8(text));
    std::string json;
    append_json_string(json, text);
    const auto document = JsonDocument::parse(json);
    RC_ASSERT(document.has_value());
    RC_ASSERT(document->root().text() == std::string_view(text));
}

// Writes a value of any shape, as the numbers say, and what it should be read as.
void write_value(JsonWriter& json, std::string& expected, std::vector<uint32_t>& numbers,
                 int depth) {
    const uint32_t number = numbers.empty() ? 0 : numbers.back();
    if (!numbers.empty()) numbers.pop_back();
    const uint32_t kind = depth > 8 ? number % 4 : number % 6;
    const auto count = (number / 6) % 4;
    switch (kind) {
        case 0:
            json.null();
            expected += "null";
            return;
        case 1:
            json.value((number & 8) != 0);
            expected += (number & 8) != 0 ? "true" : "false";
            return;
        case 2:
            json.value(static_cast<int32_t>(number));
            expected += std::to_string(static_cast<int32_t>(number));
            return;
        case 3:
            json.value(std::string(count, static_cast<char>('a' + number % 26)));
            expected += '"' + std::string(count, static_cast<char>('a' + number % 26)) + '"';
            return;
        case 4:
            json.begin_array();
            expected += '[';
            for (uint32_t i = 0; i < count; ++i) {
                if (i > 0) expected += ',';
                write_value(json, expected, numbers, depth + 1);
            }
            json.end_array();
            expected += ']';
            return;
        default:
            json.begin_object();
            expected += '{';
            for (uint32_t i = 0; i < count; ++i) {
                if (i > 0) expected += ',';
                json.key(std::to_string(i));
                expected += '"' + std::to_string(i) + "\":";
                write_value(json, expected, numbers, depth + 1);
            }
            json.end_object();
            expected += '}';
            return;
    }
}

RC_GTEST_PROP(JsonWriter, writes_what_the_reader_reads, (std::vector<uint32_t> numbers)) {
    std::string out;
    std::string expected;
    JsonWriter json(out);
    write_value(json, expected, numbers, 0);
    RC_ASSERT(out == expected);
    const auto document = JsonDocument::parse(out);
    RC_ASSERT(document.has_value());
    RC_ASSERT(document->root().json() == out);
}

}  // namespace
}  // namespace signalbox
